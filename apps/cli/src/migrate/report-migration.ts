import type { Check } from '@holdfast/core/proof/check'
import { formatClock } from '../output/local-time.ts'
import type { Output } from '../output/output.ts'
import { printable } from '../output/printable.ts'
import { renderChecks } from '../proof/check-table.ts'

/** How a migration went, whichever servers it was between. */
export interface MigrationOutcome {
  /** the safety backup that it began with */
  readonly snapshotId: string
  readonly checks: readonly Check[]
  readonly warnings: readonly string[]
  readonly backupMs: number
  readonly restoreMs: number
}

export interface MigrationWords {
  /** what a migration without a difference is called: "moved and equal" */
  readonly success: string
  /** what took the second of the two times: "restored and compared" */
  readonly work: string
  /** for people, between warnings and checks */
  readonly remarks?: readonly string[]
  /** further fields of the summary, for programs */
  readonly fields: Readonly<Record<string, unknown>>
}

/** Shows it, to people and to programs. Returns the exit code: 3 when a table differs. */
export function reportMigration(outcome: MigrationOutcome, words: MigrationWords, output: Output): number {
  const { snapshotId, checks, warnings, backupMs, restoreMs } = outcome
  for (const warning of warnings) output.line(`warning: ${printable(warning)}`)
  for (const remark of words.remarks ?? []) output.line(printable(remark))
  output.line(renderChecks(checks))
  const hasFailed = checks.some(({ verdict }) => verdict === 'failed')
  const times = `in ${formatClock(backupMs)}, ${words.work} in ${formatClock(restoreMs)}`
  output.note(`${hasFailed ? 'moved, but NOT equal' : words.success}: safety backup ${snapshotId.slice(0, 8)} ${times}`)
  output.message({
    message_type: 'summary',
    snapshot_id: snapshotId,
    backup_ms: backupMs,
    restore_ms: restoreMs,
    checks,
    warnings,
    ...words.fields,
  })
  return hasFailed ? 3 : 0
}
