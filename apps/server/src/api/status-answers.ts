import { Readable } from 'node:stream'
import type { RouteReply } from '@holdfast/api/route'
import type { Routes } from '@holdfast/api/routes'
import { readReportHistory } from '@holdfast/orchestrator/status/report-history'
import { requestInvalid } from '../http/request-problems.ts'
import type { AnswersOf } from './answers-of.ts'
import type { ApiSurroundings } from './api-surroundings.ts'
import { reportSeenBy } from './seen-by.ts'
import { viewOfApplication } from './view-of-application.ts'
import { viewOfFinding } from './view-of-finding.ts'
import { viewOfRepository } from './view-of-repository.ts'
import { viewOfSource } from './view-of-source.ts'

const dayMs = 86_400_000
/** A day of a source is some twenty figures, all of which are in memory while the report is written. */
const mostSourceDays = 40_000
const usualDays = 30

export function createStatusAnswers({ catalogue, config, machine, status }: ApiSurroundings): AnswersOf<'status'> {
  const whole = new WeakMap<object, RouteReply<Routes['status.get']>>()
  return {
    async 'status.get'(_input, caller, ctx) {
      const { report } = await status.read(ctx)
      const known = caller.sources === undefined ? whole.get(report) : undefined
      if (known !== undefined) return known
      const seen = reportSeenBy(caller, report, config())
      const view = {
        at: report.at.toISOString(),
        isAllKept: seen.sources.every(({ isBroken }) => !isBroken),
        version: machine.version,
        sources: seen.sources.map(viewOfSource),
        applications: seen.applications.map(viewOfApplication),
        repositories: seen.repositories.map(viewOfRepository),
        otherFindings: seen.otherFindings.map(viewOfFinding),
      }
      if (caller.sources === undefined) whole.set(report, view)
      return view
    },

    async 'status.report'({ query: { format, days: wanted } }, caller, ctx) {
      const days = daysOf(wanted, config().sources.size)
      const { report } = await status.read(ctx)
      const seen = reportSeenBy(caller, report, config())
      const history = await readReportHistory(catalogue, new Date(ctx.now().getTime() - days * dayMs))
      const isHtml = format === 'html'
      const text = isHtml
        ? (await import('@holdfast/orchestrator/status/report-html')).renderHtml(seen, history)
        : (await import('@holdfast/orchestrator/status/report-markdown')).renderMarkdown(seen, history)
      const bytes = Buffer.from(text)
      return {
        name: `holdfast-report-${report.at.toISOString().slice(0, 10)}.${isHtml ? 'html' : 'md'}`,
        mediaType: isHtml ? 'text/html; charset=utf-8' : 'text/markdown; charset=utf-8',
        sizeBytes: bytes.length,
        content: Readable.from([bytes]),
      }
    },
  }
}

/**
 * Whoever may only look could end a server of a thousand sources otherwise: what is read is the history of all of them,
 * whichever the caller sees. Fails with REQUEST_INVALID for days that were asked for; what nobody asked for is made less.
 */
function daysOf(wanted: number | undefined, sources: number): number {
  const most = Math.max(1, Math.floor(mostSourceDays / Math.max(1, sources)))
  const days = wanted ?? Math.min(usualDays, most)
  if (days <= most) return days
  // how many those are is not for everybody to know
  const message = `is ${most} at most with as many sources as there are; the command holdfast report looks back further`
  throw requestInvalid('status.report', 'query', [{ path: ['days'], message }])
}
