import type { CatalogueStore, CatalogueWriter } from '../catalogue/store/catalogue-store.ts'
import type { Context } from '@holdfast/core/context'
import { isAnyDue, leasedBefore, leaseNext, running } from './lease-run.ts'
import { createRunId } from './run-id.ts'
import { runOf, type RunRow } from './run-row.ts'
import type { RunOutcome, RunQueue } from './run-queue.ts'
import { endRun, insertRun, requeueRun } from './run-writes.ts'
import { describeLoss } from './run-failure.ts'

/** What happens beside a change of the runs table, in its transaction. The embedded queue has none of it. */
export interface QueueDelivery {
  /** it waits, from now or later */
  queued(writer: CatalogueWriter, rows: readonly RunRow[]): Promise<void>
  /** keys have become free */
  freed(writer: CatalogueWriter, nowMs: number): Promise<void>
}

const noDelivery: QueueDelivery = { queued: async () => {}, freed: async () => {} }

/** The queue as the runs table itself: who leases takes the queue's lock and the first run that may begin. */
export function createEmbeddedQueue(
  store: CatalogueStore,
  ctx: Context,
  delivery: QueueDelivery = noDelivery,
): RunQueue {
  /** The row, when it is this worker's. */
  const ofWorker = (writer: CatalogueWriter, runId: string, worker: string): Promise<RunRow | undefined> =>
    writer
      .selectFrom('runs')
      .selectAll()
      .where('id', '=', runId)
      .where('leased_by', '=', worker)
      .where('state', '=', 'running')
      .$if(store.kind === 'postgresql', (query) => query.forUpdate())
      .executeTakeFirst()

  return {
    async enqueue(draft) {
      const id = createRunId(ctx.now().getTime())
      const row = await store.write(async (writer) => {
        const inserted = await insertRun(writer, draft, id, await store.nowMs(writer))
        if (inserted !== undefined) await delivery.queued(writer, [inserted])
        return inserted
      })
      return row && runOf(row)
    },

    async lease(worker, options) {
      const isWaiting = await store.read(async (reader) => isAnyDue(reader, await store.nowMs(reader)))
      if (!isWaiting) return undefined
      let before: RunRow | undefined
      const row = await store.write(async (writer) => {
        await store.lockQueue(writer)
        const known = await leasedBefore(writer, before)
        if (known !== undefined) return known
        before = await leaseNext(writer, { worker, ...options, nowMs: await store.nowMs(writer) })
        return before
      })
      return row && runOf(row)
    },

    heartbeat: (runId, worker, leaseMs) =>
      store.write(async (writer) => {
        const nowMs = await store.nowMs(writer)
        const kept = await writer
          .updateTable('runs')
          .set({ leased_until: nowMs + leaseMs })
          .where('id', '=', runId)
          .where('leased_by', '=', worker)
          .where('state', '=', 'running')
          .returning('cancel_requested')
          .executeTakeFirst()
        return { isLost: kept === undefined, isCancelRequested: kept?.cancel_requested === 1 }
      }),

    async finish(runId, worker, outcome) {
      let isRepeated = false
      return store.write(async (writer) => {
        const row = await ofWorker(writer, runId, worker)
        if (row === undefined) return isRepeated && hasEnded(writer, runId, worker)
        isRepeated = true
        const nowMs = await store.nowMs(writer)
        const next = await settle(writer, row, outcome, nowMs)
        if (next.state === 'queued') await delivery.queued(writer, [next])
        await delivery.freed(writer, nowMs)
        return true
      })
    },

    release: (runId, worker) =>
      store.write(async (writer) => {
        const row = await ofWorker(writer, runId, worker)
        if (row === undefined) return false
        const nowMs = await store.nowMs(writer)
        if (row.cancel_requested === 1) await endRun(writer, row, { state: 'cancelled' }, nowMs)
        else {
          const change = { due_at: row.due_at, attempt: row.attempt - 1, error: row.error }
          await delivery.queued(writer, [await requeueRun(writer, row, change)])
        }
        await delivery.freed(writer, nowMs)
        return true
      }),

    cancel: (runId) =>
      store.write(async (writer) => {
        // The lock, because a run that is queued now may be leased before it is ended here.
        await store.lockQueue(writer)
        const row = await writer
          .selectFrom('runs')
          .selectAll()
          .where('id', '=', runId)
          .$if(store.kind === 'postgresql', (query) => query.forUpdate())
          .executeTakeFirst()
        if (row?.state === 'queued') await endRun(writer, row, { state: 'cancelled' }, await store.nowMs(writer))
        else if (row?.state === 'running') {
          await writer.updateTable('runs').set({ cancel_requested: 1 }).where('id', '=', runId).execute()
        } else return false
        return true
      }),

    async expire() {
      const isAny = await store.read(async (reader) => {
        const nowMs = await store.nowMs(reader)
        const found = reader.selectFrom('runs').select('id').where('state', '=', running)
        return (await found.where('leased_until', '<', nowMs).limit(1).executeTakeFirst()) !== undefined
      })
      if (!isAny) return []
      const rows = await store.write(async (writer) => {
        await store.lockQueue(writer)
        const nowMs = await store.nowMs(writer)
        const expired = await writer
          .selectFrom('runs')
          .selectAll()
          .where('state', '=', running)
          .where('leased_until', '<', nowMs)
          .$if(store.kind === 'postgresql', (query) => query.forUpdate())
          .execute()
        const settled: RunRow[] = []
        for (const row of expired) {
          const outcome: RunOutcome = { state: 'lost', error: describeLoss(runOf(row)), retryAt: new Date(nowMs) }
          settled.push(await settle(writer, row, outcome, nowMs))
        }
        await delivery.queued(
          writer,
          settled.filter(({ state }) => state === 'queued'),
        )
        if (settled.length > 0) await delivery.freed(writer, nowMs)
        return settled
      })
      return rows.map(runOf)
    },

    [Symbol.asyncDispose]: async () => {},
  }
}

async function settle(
  writer: CatalogueWriter,
  row: RunRow,
  { state, result, error, retryAt }: RunOutcome,
  nowMs: number,
): Promise<RunRow> {
  if (retryAt !== undefined && row.attempt < row.attempts && row.cancel_requested === 0) {
    const text = error === undefined ? null : JSON.stringify(error)
    return requeueRun(writer, row, { due_at: retryAt.getTime(), attempt: row.attempt, error: text })
  }
  const isCancelled = row.cancel_requested === 1 && (state === 'failed' || state === 'lost')
  const end = { state: isCancelled ? 'cancelled' : state } as const
  return endRun(writer, row, { ...end, ...(result && { result }), ...(error && { error }) }, nowMs)
}

async function hasEnded(writer: CatalogueWriter, runId: string, worker: string): Promise<boolean> {
  const row = await writer.selectFrom('runs').select(['state', 'leased_by']).where('id', '=', runId).executeTakeFirst()
  return row !== undefined && row.leased_by === worker && row.state !== 'running'
}
