import type { EffectiveConfig, SourceSettings } from '@holdfast/core/config/effective-config'
import type { SnapshotOverview } from '../catalogue/catalogue.ts'
import type { Run, RunCause, RunDraft } from '../run/run.ts'
import { draftForSource } from './run-draft.ts'

const hourMs = 3_600_000
/** Repositories that were written from one reading may note its time a little apart. */
const sameBackupMs = 60_000

/**
 * Copies that should be there and are not: after one that failed, in a repository that is new to its tier, or when one
 * of several could not be written during the backup. Each is asked for once an hour until it is there.
 */
export function planMissingCopies(
  config: EffectiveConfig,
  overview: readonly SnapshotOverview[],
  activeRuns: readonly Run[],
  nowMs: number,
): RunDraft[] {
  const held = Map.groupBy(overview, ({ source }) => source)
  const busy = new Set(activeRuns.flatMap(({ operation, source }) => (isWriting(operation) ? [source] : [])))
  const hour = new Date(Math.floor(nowMs / hourMs) * hourMs)
  return [...config.sources.values()].flatMap((source) => {
    if (busy.has(source.name)) return []
    return missingCopies(source, held.get(source.name) ?? []).map(({ from, to }) =>
      draftCopy({ source, from, to }, `again/${hour.toISOString()}`, {
        cause: { type: 'schedule', fire: hour, isMadeUp: true },
        dueAt: new Date(nowMs),
        config,
      }),
    )
  })
}

/** Which of a source's repositories lack its newest snapshot, and where it can be had from: the first of them that has it. */
export function missingCopies(
  source: Pick<SourceSettings, 'repositories'>,
  held: readonly SnapshotOverview[],
): readonly { readonly from: SnapshotOverview; readonly to: string }[] {
  const here = source.repositories.flatMap((name) => held.find(({ repository }) => repository === name) ?? [])
  const newestMs = Math.max(...here.map(({ newest }) => newest.getTime()))
  const from = here.find(({ newest }) => newest.getTime() >= newestMs - sameBackupMs)
  if (from === undefined) return []
  const lacking = source.repositories.filter((name) => {
    const there = here.find(({ repository }) => repository === name)
    return there === undefined || there.newest.getTime() < newestMs - sameBackupMs
  })
  return lacking.map((to) => ({ from, to }))
}

/** A run that copies what `to` lacks (`choose-copies.ts`); `word` makes it unique. */
export function draftCopy(
  copy: { readonly source: SourceSettings; readonly from: Pick<SnapshotOverview, 'repository'>; readonly to: string },
  word: string,
  given: { readonly cause: RunCause; readonly dueAt: Date; readonly config: EffectiveConfig },
): RunDraft {
  const { source, from, to } = copy
  const choice = {
    operation: 'copy' as const,
    cause: given.cause,
    uniqueKey: `copy/${source.name}/${to}/${word}`,
    dueAt: given.dueAt,
    arguments: { from: from.repository },
  }
  return draftForSource(choice, { source, repository: to, touched: [from.repository, to] }, given.config)
}

function isWriting(operation: Run['operation']): boolean {
  return operation === 'backup' || operation === 'copy'
}
