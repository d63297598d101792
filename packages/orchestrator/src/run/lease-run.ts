import { sql } from 'kysely'
import type { CatalogueReader, CatalogueWriter } from '../catalogue/store/catalogue-store.ts'
import { KeyLedger } from './key-ledger.ts'
import { keysOf, runOf, type RunRow } from './run-row.ts'
import type { LeaseOptions, RunLimits } from './run-queue.ts'
import { startRun } from './run-writes.ts'

/** Who asks, and when it is by the catalogue's clock. */
export interface LeaseRequest extends LeaseOptions {
  readonly worker: string
  readonly nowMs: number
}

const rowsAQuestion = 200
/** Literals, because SQLite uses the indices of a part of the rows only when it sees which part is asked for. */
const queued = sql.lit('queued')
export const running = sql.lit('running')

/** What running runs have of keys. To be read under the queue's lock. */
async function readLedger(writer: CatalogueWriter, limits: RunLimits): Promise<KeyLedger> {
  const active = await writer
    .selectFrom('runs')
    .select(['exclusive_keys', 'limit_keys'])
    .where('state', '=', running)
    .execute()
  return new KeyLedger(active.map(keysOfRow), limits)
}

/** Leases the most urgent run whose keys are free. To be called under the queue's lock. */
export async function leaseNext(writer: CatalogueWriter, request: LeaseRequest): Promise<RunRow | undefined> {
  const ledger = await readLedger(writer, request.limits)
  for (let offset = 0; ; offset += rowsAQuestion) {
    const waiting = await dueRuns(writer, request.nowMs)
      .select(['id', 'exclusive_keys', 'limit_keys', 'due_at'])
      .orderBy('priority', 'desc')
      .orderBy('due_at')
      .orderBy('id')
      .limit(rowsAQuestion)
      .offset(offset)
      .execute()
    for (const candidate of waiting) {
      const keys = keysOfRow(candidate)
      if (ledger.admits(keys)) {
        const row = await writer.selectFrom('runs').selectAll().where('id', '=', candidate.id).executeTakeFirstOrThrow()
        if (request.accepts?.(runOf(row)) ?? true) return startRun(writer, row, request, keys.exclusiveKeys)
      } else ledger.giveWay(keys, request.nowMs - candidate.due_at)
    }
    if (waiting.length < rowsAQuestion) return undefined
  }
}

/**
 * What an earlier try of the same transaction has leased, when only its acknowledgement got lost: else the run would wait
 * for its lease to end, with nobody doing it.
 */
export async function leasedBefore(writer: CatalogueWriter, before: RunRow | undefined): Promise<RunRow | undefined> {
  if (before === undefined) return undefined
  return writer
    .selectFrom('runs')
    .selectAll()
    .where('id', '=', before.id)
    .where('state', '=', running)
    .where('leased_by', '=', before.leased_by)
    .where('leased_until', '=', before.leased_until)
    .executeTakeFirst()
}

/** Cheap, without a lock: an idle process asks it every second. */
export async function isAnyDue(reader: CatalogueReader, nowMs: number): Promise<boolean> {
  const found = await dueRuns(reader, nowMs).select('id').limit(1).executeTakeFirst()
  return found !== undefined
}

function dueRuns(reader: CatalogueReader, nowMs: number) {
  return reader.selectFrom('runs').where('state', '=', queued).where('due_at', '<=', nowMs)
}

function keysOfRow(row: Pick<RunRow, 'exclusive_keys' | 'limit_keys'>) {
  return { exclusiveKeys: keysOf(row.exclusive_keys), limitKeys: keysOf(row.limit_keys) }
}
