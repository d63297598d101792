import { countOf } from '@holdfast/core/units/count-of'
import { formatDurationMs } from '@holdfast/core/units/duration'
import { formatSize } from '@holdfast/core/units/size'
import type { Run, RunResult } from '@holdfast/orchestrator/run/run'
import { formatLocalTime } from '../output/local-time.ts'
import { printable } from '../output/printable.ts'
import { renderTable } from '../output/table.ts'

export function isEnded({ state }: Run): boolean {
  return state !== 'queued' && state !== 'running'
}

/** 0: all succeeded; 3: some in part; 1: some failed. */
export function exitCodeOf(runs: readonly Run[]): number {
  if (runs.some(({ state }) => !['succeeded', 'partial', 'queued', 'running'].includes(state))) return 1
  return runs.some(({ state }) => state === 'partial') ? 3 : 0
}

/** "backup shop", "copy shop → offsite", "prune offsite" */
function subjectOf({ source, repository, operation }: Run): string {
  if (source === undefined) return repository ?? ''
  if (repository === undefined) return source
  return operation === 'copy' ? `${source} → ${repository}` : `${source} in ${repository}`
}

/** All there is to say of one run. */
export function renderRun(run: Run): string {
  const { operation, state, error, result } = run
  const lines = [`${operation} ${printable(subjectOf(run))}: ${state}${tookText(run)}`]
  const figures = describeResult(result)
  if (figures !== '') lines.push(figures)
  for (const [repository, id] of Object.entries(result?.snapshots ?? {}))
    lines.push(`snapshot ${id.slice(0, 8)} in ${repository}`)
  if (error !== undefined) lines.push(printable(error.message), `hint: ${printable(error.hint)}`)
  for (const problem of result?.problems ?? []) lines.push(`problem: ${printable(problem)}`)
  return lines.join('\n')
}

/** Its circumstances, one a line. */
export function renderRunDetails(run: Run): string {
  const { cause, dueAt, startedAt, endedAt, leasedBy, attempt, attempts } = run
  const rows: readonly (readonly [string, string])[] = [
    ['run', run.id],
    ['cause', causeText(cause)],
    ['due', formatLocalTime(dueAt)],
    ['started', startedAt === undefined ? 'not yet' : formatLocalTime(startedAt)],
    ['ended', endedAt === undefined ? 'not yet' : formatLocalTime(endedAt)],
    ['attempt', `${attempt} of ${attempts}`],
    ...(leasedBy === undefined ? [] : [['done by', leasedBy] as const]),
    ...Object.entries(run.arguments),
  ]
  return rows.map(([title, text]) => `${`${title}:`.padEnd(12)}${printable(text)}`).join('\n')
}

function causeText(cause: Run['cause']): string {
  switch (cause.type) {
    case 'schedule':
      return `the schedule, for ${formatLocalTime(cause.fire)}${cause.isMadeUp ? ', made up for' : ''}`
    case 'manual':
      return `by hand, by ${cause.by}`
    case 'after':
      return `after run ${cause.runId}`
  }
}

export function renderRuns(runs: readonly Run[]): string {
  const rows = runs.map((run) => [
    run.id,
    formatLocalTime(run.startedAt ?? run.queuedAt),
    run.operation,
    printable(subjectOf(run)),
    run.state,
    tookText(run).replace(' in ', ''),
    printable(run.error?.message ?? run.result?.problems?.[0] ?? describeResult(run.result)),
  ])
  const titles = ['Run', 'Time', 'Operation', 'Of', 'State', 'Took', '']
  return renderTable(
    titles.map((title) => ({ title })),
    rows,
    [countOf(runs.length, 'run')],
  )
}

export function runJson(run: Run): Readonly<Record<string, unknown>> {
  return {
    id: run.id,
    operation: run.operation,
    source: run.source,
    repository: run.repository,
    arguments: run.arguments,
    cause: run.cause,
    state: run.state,
    attempt: run.attempt,
    due_at: run.dueAt,
    queued_at: run.queuedAt,
    started_at: run.startedAt,
    ended_at: run.endedAt,
    worker: run.leasedBy,
    error: run.error,
    result: run.result,
  }
}

function tookText({ startedAt, endedAt }: Run): string {
  if (startedAt === undefined || endedAt === undefined) return ''
  return ` in ${formatDurationMs(Math.max(0, endedAt.getTime() - startedAt.getTime()))}`
}

function describeResult(result: RunResult | undefined): string {
  if (result === undefined) return ''
  const {
    filesNew,
    filesChanged,
    filesUnmodified,
    bytesRead,
    bytesStored,
    bytesFreed,
    bytesChecked,
    snapshotsRemoved,
    filesRestored,
    bytesRestored,
    restoredTo,
  } = result
  const parts = [
    filesNew === undefined ? '' : `${filesNew} new, ${filesChanged ?? 0} changed, ${filesUnmodified ?? 0} unmodified`,
    bytesRead === undefined ? '' : `${formatSize(bytesRead)} read`,
    bytesStored === undefined ? '' : `${formatSize(bytesStored)} stored`,
    bytesFreed === undefined ? '' : `${formatSize(bytesFreed)} freed`,
    bytesChecked === undefined ? '' : `${formatSize(bytesChecked)} checked`,
    snapshotsRemoved === undefined ? '' : `${countOf(snapshotsRemoved, 'snapshot')} removed`,
    filesRestored === undefined ? '' : countOf(filesRestored, 'file'),
    bytesRestored === undefined ? '' : `${formatSize(bytesRestored)} restored`,
    restoredTo === undefined ? '' : `to ${printable(restoredTo)}`,
  ]
  return parts.filter((part) => part !== '').join(', ')
}
