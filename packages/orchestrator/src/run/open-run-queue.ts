import type { Context } from '@holdfast/core/context'
import type { OpenedCatalogue } from '../catalogue/open-catalogue.ts'
import { createEmbeddedQueue } from './embedded-queue.ts'
import type { RunQueue } from './run-queue.ts'

/** The queue of a catalogue: its table of runs, and on PostgreSQL pg-boss to deliver them. */
export async function openRunQueue({ store }: OpenedCatalogue, ctx: Context): Promise<RunQueue> {
  return createEmbeddedQueue(store, ctx)
}
