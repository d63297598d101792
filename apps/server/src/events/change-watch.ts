import type { EventView } from '@holdfast/api/view/event-view'
import type { Context } from '@holdfast/core/context'
import type { Catalogue } from '@holdfast/orchestrator/catalogue/catalogue'
import type { Finding } from '@holdfast/orchestrator/finding/finding'
import type { Run } from '@holdfast/orchestrator/run/run'
import { viewOfFinding } from '../api/view-of-finding.ts'
import { viewOfRun } from '../api/view-of-run.ts'

/** Runs that were asked for and ended between two looks are among these. */
const newestRuns = 50
const resolvedWithinMs = 600_000

/** Compares what the catalogue says with what it said the last time; whoever wrote it, here or elsewhere. */
export interface ChangeWatch {
  /** What has changed since the last look; the first look, and the first after `forget`, sees no change. */
  look(ctx: Context): Promise<readonly EventView[]>
  forget(): void
}

export function createChangeWatch({ runs, findings }: Pick<Catalogue, 'runs' | 'findings'>): ChangeWatch {
  let known: { readonly runs: ReadonlyMap<string, string>; readonly findings: ReadonlyMap<string, string> } | undefined
  const lookAtRuns = async (before: ReadonlyMap<string, string> | undefined) => {
    const active = await runs.list({ states: ['queued', 'running'] })
    const newest = await runs.list({ limit: newestRuns })
    const seen = new Map([...newest, ...active].map((run) => [run.id, run]))
    const changed = [...seen.values()].filter((run) => before !== undefined && before.get(run.id) !== markOfRun(run))
    for (const [id, mark] of before ?? []) {
      // only ends take a run out of both lists; those that had ended before are told of already
      const ended = seen.has(id) || mark.startsWith(endedMark) ? undefined : await runs.get(id)
      if (ended !== undefined) changed.push(ended)
    }
    const marks = new Map([...seen.values()].map((run) => [run.id, markOfRun(run)]))
    return { marks, changed: changed.toSorted((a, b) => (a.id < b.id ? -1 : 1)) }
  }
  const lookAtFindings = async (before: ReadonlyMap<string, string> | undefined, now: Date) => {
    const open = await findings.list({ isOpen: true })
    const marks = new Map(open.map((finding) => [idOf(finding), markOfFinding(finding)]))
    if (before === undefined) return { marks, changed: [] }
    const changed = open.filter((finding) => before.get(idOf(finding)) !== markOfFinding(finding))
    if ([...before.keys()].every((id) => marks.has(id))) return { marks, changed }
    const resolved = await findings.list({ isOpen: false, since: new Date(now.getTime() - resolvedWithinMs) })
    const over = resolved.filter((finding) => before.has(idOf(finding)) && !marks.has(idOf(finding)))
    return { marks, changed: [...over, ...changed] }
  }
  return {
    async look(ctx) {
      const before = known
      const [aboutRuns, aboutFindings] = [
        await lookAtRuns(before?.runs),
        await lookAtFindings(before?.findings, ctx.now()),
      ]
      known = { runs: aboutRuns.marks, findings: aboutFindings.marks }
      return [
        ...aboutRuns.changed.map((run): EventView => ({ type: 'run.changed', run: viewOfRun(run) })),
        ...aboutFindings.changed.map((finding): EventView => ({
          type: 'finding.changed',
          finding: viewOfFinding(finding),
        })),
      ]
    },
    forget: () => (known = undefined),
  }
}

const endedMark = 'ended '

function markOfRun({ state, attempt, isCancelRequested, leasedBy, endedAt }: Run): string {
  return `${endedAt === undefined ? '' : endedMark}${state} ${attempt} ${isCancelRequested} ${leasedBy}`
}

function idOf({ key, firstSeenAt }: Finding): string {
  return `${key} ${firstSeenAt.getTime()}`
}

/** Figures and ages change all the time. */
function markOfFinding({ severity, acknowledged }: Finding): string {
  return `${severity} ${acknowledged?.at.getTime()} ${acknowledged?.isExpected}`
}
