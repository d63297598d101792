import type { CatalogueWriter } from '../catalogue/store/catalogue-store.ts'
import type { EndState, RunDraft, RunError, RunResult } from './run.ts'
import { newRunRow, type RunRow } from './run-row.ts'

/** What is written when a run changes its state; each to be called in a transaction that has read the row. */

/** Undefined when the unique key is taken by another run than this id's. */
export async function insertRun(
  writer: CatalogueWriter,
  draft: RunDraft,
  id: string,
  nowMs: number,
): Promise<RunRow | undefined> {
  await writer
    .insertInto('runs')
    .values(newRunRow(draft, id, nowMs))
    .onConflict((conflict) => conflict.column('unique_key').doNothing())
    .execute()
  // Looked for rather than counted: a transaction whose acknowledgement got lost is done again.
  return writer.selectFrom('runs').selectAll().where('id', '=', id).executeTakeFirst()
}

export async function startRun(
  writer: CatalogueWriter,
  row: RunRow,
  { worker, leaseMs, nowMs }: { readonly worker: string; readonly leaseMs: number; readonly nowMs: number },
  exclusiveKeys: readonly string[],
): Promise<RunRow> {
  const change = {
    state: 'running',
    attempt: row.attempt + 1,
    started_at: nowMs,
    leased_by: worker,
    leased_until: nowMs + leaseMs,
  }
  await writer.updateTable('runs').set(change).where('id', '=', row.id).execute()
  for (const key of exclusiveKeys) await writer.insertInto('held_keys').values({ key, run_id: row.id }).execute()
  return { ...row, ...change }
}

export interface RunEnd {
  readonly state: EndState
  readonly result?: RunResult
  readonly error?: RunError
}

export async function endRun(
  writer: CatalogueWriter,
  row: RunRow,
  { state, result, error }: RunEnd,
  nowMs: number,
  isPast = false,
): Promise<RunRow> {
  const change = {
    state,
    ended_at: nowMs,
    leased_until: null,
    result: result === undefined ? null : JSON.stringify(result),
    error: error === undefined ? null : JSON.stringify(error),
  }
  await releaseKeys(writer, row)
  await writer.updateTable('runs').set(change).where('id', '=', row.id).execute()
  const newest = { state, run_id: row.id, ended_at: nowMs }
  await writer
    .insertInto('newest_runs')
    .values({ operation: row.operation, source: row.source ?? '', repository: row.repository ?? '', ...newest })
    .onConflict((conflict) => {
      const columns = conflict.columns(['operation', 'source', 'repository', 'state'])
      const update = columns.doUpdateSet({ run_id: row.id, ended_at: nowMs })
      // Not for runs that end now: after a clock was put back, those of before would stay the newest.
      return isPast ? update.whereRef('newest_runs.ended_at', '<=', 'excluded.ended_at') : update
    })
    .execute()
  return { ...row, ...change }
}

/** Back into the queue. `attempt` is lowered when what was begun does not count. */
export async function requeueRun(
  writer: CatalogueWriter,
  row: RunRow,
  change: { readonly due_at: number; readonly attempt: number; readonly error: string | null },
): Promise<RunRow> {
  const full = { ...change, state: 'queued', leased_until: null }
  await releaseKeys(writer, row)
  await writer.updateTable('runs').set(full).where('id', '=', row.id).execute()
  return { ...row, ...full }
}

async function releaseKeys(writer: CatalogueWriter, row: RunRow): Promise<void> {
  await writer.deleteFrom('held_keys').where('run_id', '=', row.id).execute()
}
