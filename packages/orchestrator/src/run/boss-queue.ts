import type { Context } from '@holdfast/core/context'
import type { CatalogueStore } from '../catalogue/store/catalogue-store.ts'
import { openBossDelivery } from './boss-delivery.ts'
import { createEmbeddedQueue } from './embedded-queue.ts'
import { isAnyDue, leasedBefore, leaseNext } from './lease-run.ts'
import type { RunQueue } from './run-queue.ts'
import { runOf, type RunRow } from './run-row.ts'

/** A run that another process may accept is shown around again after this. */
const askOthersAfterSeconds = 2

/**
 * The queue with pg-boss to say when there is something to lease, and to whom: each due time and each end of a run makes
 * a job, which one process receives. That process leases the most urgent run as in the embedded queue, in the same
 * transaction that ends the job. A job without a run is harmless; a run without a job is noticed by `expire`.
 */
export async function openBossQueue(store: CatalogueStore, ctx: Context): Promise<RunQueue> {
  const delivery = await openBossDelivery(store, ctx)
  const table = createEmbeddedQueue(store, ctx, {
    queued: (writer, rows) => delivery.announce(writer, rows),
    freed: async (writer, nowMs) => {
      if (await isAnyDue(writer, nowMs)) await delivery.look(writer)
    },
  })
  return {
    ...table,

    async lease(worker, options) {
      if (options.isKnownDue === true) return await table.lease(worker, options)
      const jobId = await delivery.receive()
      if (jobId === undefined) return undefined
      let before: RunRow | undefined
      const row = await store.write(async (writer) => {
        await store.lockQueue(writer)
        const known = await leasedBefore(writer, before)
        if (known !== undefined) return known
        const nowMs = await store.nowMs(writer)
        let isRefused = false
        const accepts: typeof options.accepts = (run) => {
          const isAccepted = options.accepts?.(run) ?? true
          isRefused ||= !isAccepted
          return isAccepted
        }
        const leased = await leaseNext(writer, { worker, ...options, accepts, nowMs })
        if (leased !== undefined && (await isAnyDue(writer, nowMs))) await delivery.look(writer)
        if (isRefused) await delivery.look(writer, askOthersAfterSeconds)
        await delivery.done(writer, jobId)
        before = leased
        return leased
      })
      return row && runOf(row)
    },

    async expire() {
      const expired = await table.expire()
      // Whatever became of its job, a run that is due is looked for again now and then.
      const isWaiting = await store.read(async (reader) => isAnyDue(reader, await store.nowMs(reader)))
      if (isWaiting) await store.write((writer) => delivery.look(writer))
      return expired
    },

    async [Symbol.asyncDispose]() {
      await table[Symbol.asyncDispose]()
      await delivery[Symbol.asyncDispose]()
    },
  }
}
