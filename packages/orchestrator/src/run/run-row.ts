import type { RunTable } from '../catalogue/store/catalogue-tables.ts'
import type { Insertable, Selectable } from 'kysely'
import type { EndedRun, Operation, Run, RunCause, RunDraft, RunError, RunResult, RunState } from './run.ts'

export type RunRow = Selectable<RunTable>

/** The row of a run that is queued for the first time. */
export function newRunRow(draft: RunDraft, id: string, nowMs: number): Insertable<RunTable> {
  return {
    id,
    operation: draft.operation,
    source: draft.source ?? null,
    repository: draft.repository ?? null,
    arguments: JSON.stringify(draft.arguments),
    cause: JSON.stringify(draft.cause),
    unique_key: draft.uniqueKey,
    exclusive_keys: JSON.stringify([...new Set(draft.exclusiveKeys)]),
    limit_keys: JSON.stringify([...new Set(draft.limitKeys)]),
    due_at: draft.dueAt.getTime(),
    priority: draft.priority,
    timeout_ms: draft.timeoutMs,
    attempts: draft.attempts,
    attempt: 0,
    state: 'queued',
    queued_at: nowMs,
    cancel_requested: 0,
  }
}

export function runOf(row: RunRow): Run {
  return {
    ...endedRunOf(row),
    cause: causeOf(row.cause),
    uniqueKey: row.unique_key,
    exclusiveKeys: keysOf(row.exclusive_keys),
    limitKeys: keysOf(row.limit_keys),
    dueAt: new Date(row.due_at),
    priority: row.priority,
    timeoutMs: row.timeout_ms,
    attempts: row.attempts,
    queuedAt: new Date(row.queued_at),
    ...(row.started_at !== null && { startedAt: new Date(row.started_at) }),
    ...(row.leased_by !== null && { leasedBy: row.leased_by }),
    ...(row.leased_until !== null && { leasedUntil: new Date(row.leased_until) }),
    isCancelRequested: row.cancel_requested === 1,
  }
}

export type EndedRunRow = Pick<
  RunRow,
  'id' | 'operation' | 'source' | 'repository' | 'arguments' | 'state' | 'attempt' | 'ended_at' | 'error' | 'result'
>

/** Boundary: what is in these columns was written by `newRunRow` and the queue, so its shape is known. */
export function endedRunOf(row: EndedRunRow): EndedRun {
  return {
    id: row.id,
    operation: row.operation as Operation,
    ...(row.source !== null && { source: row.source }),
    ...(row.repository !== null && { repository: row.repository }),
    arguments: JSON.parse(row.arguments) as Record<string, string>,
    state: row.state as RunState,
    attempt: row.attempt,
    ...(row.ended_at !== null && { endedAt: new Date(row.ended_at) }),
    ...(row.error !== null && { error: JSON.parse(row.error) as RunError }),
    ...(row.result !== null && { result: JSON.parse(row.result) as RunResult }),
  }
}

export function keysOf(text: string): readonly string[] {
  return JSON.parse(text) as readonly string[]
}

function causeOf(text: string): RunCause {
  const cause = JSON.parse(text) as RunCause
  return cause.type === 'schedule' ? { ...cause, fire: new Date(cause.fire) } : cause
}
