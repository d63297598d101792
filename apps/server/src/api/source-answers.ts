import { defined } from '@holdfast/core/config/defined'
import { mapAt } from '@holdfast/core/config/setting'
import type { RouteReply } from '@holdfast/api/route'
import type { Routes } from '@holdfast/api/routes'
import { requireKnown } from '@holdfast/orchestrator/config/require-known'
import { parseLogState } from '@holdfast/orchestrator/finding/noted-state'
import type { AnswersOf } from './answers-of.ts'
import type { ApiSurroundings } from './api-surroundings.ts'
import { askOfSource } from './ask-of-source.ts'
import { configSeenBy, reportSeenBy } from './seen-by.ts'
import { viewOfProof } from './view-of-proof.ts'
import { viewOfRun } from './view-of-run.ts'
import { viewOfSource } from './view-of-source.ts'

type SourceList = RouteReply<Routes['sources.list']>

export function createSourceAnswers(surroundings: ApiSurroundings): AnswersOf<'sources'> {
  const { catalogue, config, served, status } = surroundings
  /** the same object for the same report: it is written down once, too */
  const whole = new WeakMap<object, SourceList>()
  return {
    async 'sources.list'(_input, caller, ctx) {
      const { report } = await status.read(ctx)
      const known = caller.sources === undefined ? whole.get(report) : undefined
      if (known !== undefined) return known
      const seen = reportSeenBy(caller, report, config())
      const list = { at: report.at.toISOString(), sources: seen.sources.map(viewOfSource) }
      if (caller.sources === undefined) whole.set(report, list)
      return list
    },

    async 'sources.get'({ params }, caller, ctx) {
      const name = requireKnown('source', params.source, configSeenBy(caller, config()).sources).name
      const { report, facts } = await status.read(ctx)
      const source = report.sources.find((each) => each.source.name === name)
      if (source === undefined) throw new Error('the status lacks a source of its configuration')
      const [runs, proofs] = await Promise.all([
        catalogue.runs.list({ source: name, limit: 20 }),
        catalogue.proofs.list({ source: name, limit: 10 }),
      ])
      const log = logOf(facts.marks.get(`log/${name}`))
      return {
        at: report.at.toISOString(),
        source: viewOfSource(source),
        settings: mapAt(mapAt(served().shown, 'sources'), name),
        held: facts.snapshots
          .filter((each) => each.source === name)
          .map(({ repository, count, oldest, newest, newestId, newestBytes }) => ({
            ...{ repository, count, newestId },
            oldest: oldest.toISOString(),
            newest: newest.toISOString(),
            ...(newestBytes !== undefined && { newestBytes }),
          })),
        ...(log !== undefined && { log }),
        runs: runs.map(viewOfRun),
        proofs: proofs.map(viewOfProof),
      }
    },

    async 'sources.coverage'({ params, query: { repository, timeline } }, caller, ctx) {
      const {
        source,
        repository: read,
        answer,
      } = await askOfSource(
        { source: params.source, repository },
        (place) => ({ type: 'read-coverage', ...place, ...defined({ timeline }) }),
        caller,
        surroundings,
        ctx,
      )
      const { ranges, gaps, timelines, ...figures } = answer
      const [now, newest] = [ctx.now(), ranges.at(-1)?.until]
      return {
        ...{ at: now.toISOString(), source: source.name, repository: read.name, ...figures },
        ranges: [...ranges],
        gaps: [...gaps],
        ...(timelines !== undefined && { timelines: [...timelines] }),
        ...(newest !== undefined && { lostMs: Math.max(0, now.getTime() - Date.parse(newest)) }),
      }
    },
  }
}

function logOf(mark: string | undefined): RouteReply<Routes['sources.get']>['log'] {
  const state = parseLogState(mark)
  if (state === undefined) return undefined
  const { at, recoverableUntil, gap, lost, error } = state
  const message = typeof error === 'string' ? error : error?.message
  return {
    followedAt: at.toISOString(),
    ...(recoverableUntil !== undefined && { recoverableUntil: recoverableUntil.toISOString() }),
    ...(typeof gap === 'object' && { gap: gap.message }),
    ...(gap === true && { gap: 'the log has a gap' }),
    ...(lost !== undefined && { lost: lost.message }),
    ...(message !== undefined && { error: message }),
  }
}
