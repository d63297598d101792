import { AppError } from '@holdfast/core/errors/app-error'
import { acknowledgeFinding } from '@holdfast/orchestrator/finding/acknowledge-finding'
import { byUrgency } from '@holdfast/orchestrator/finding/by-urgency'
import type { AnswersOf } from './answers-of.ts'
import type { ApiSurroundings } from './api-surroundings.ts'
import { seesAbout } from './seen-by.ts'
import { tellChange } from './tell-change.ts'
import { viewOfFinding } from './view-of-finding.ts'

const dayMs = 86_400_000

export function createFindingAnswers({
  catalogue: { findings },
  feed,
  status,
  log,
}: ApiSurroundings): AnswersOf<'findings'> {
  return {
    async 'findings.list'({ query: { source, resolvedDays } }, caller, ctx) {
      const since = new Date(ctx.now().getTime() - resolvedDays * dayMs)
      const found = [
        ...(await findings.list({ isOpen: true })),
        ...(resolvedDays === 0 ? [] : await findings.list({ isOpen: false, since })),
      ]
      const chosen = found.filter(
        ({ subject }) => seesAbout(caller, subject) && (source === undefined || subject.source === source),
      )
      return { findings: byUrgency(chosen).map(viewOfFinding) }
    },

    async 'findings.acknowledge'({ params: { key }, body: { note, isExpected } }, caller, ctx) {
      const seen = (await findings.list({ isOpen: true })).find((finding) => finding.key === key)
      if (seen !== undefined && !seesAbout(caller, seen.subject)) {
        throw new AppError('FINDING_UNKNOWN', { key, suggestion: 'Look at what there is at /api/v1/findings.' })
      }
      const draft = { by: caller.name, note, ...(isExpected && { isExpected }) }
      const finding = await acknowledgeFinding(findings, key, draft, ctx)
      await tellChange({ status, feed, log }, ctx)
      return viewOfFinding(finding)
    },
  }
}
