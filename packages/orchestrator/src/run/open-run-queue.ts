import type { Context } from '@holdfast/core/context'
import type { OpenedCatalogue } from '../catalogue/open-catalogue.ts'
import { createEmbeddedQueue } from './embedded-queue.ts'
import type { RunQueue } from './run-queue.ts'

export interface RunQueueOptions {
  /** who says when there is something to lease: the table of runs itself, or pg-boss (PostgreSQL only, the default there) */
  readonly via?: 'table' | 'pg-boss'
}

/** The queue of a catalogue: its table of runs, and on PostgreSQL pg-boss to deliver them. */
export async function openRunQueue(
  { store }: OpenedCatalogue,
  ctx: Context,
  { via = store.kind === 'postgresql' ? 'pg-boss' : 'table' }: RunQueueOptions = {},
): Promise<RunQueue> {
  // Loaded only where it is used: it brings a driver and a scheduler of its own.
  if (via === 'pg-boss') return await (await import('./boss-queue.ts')).openBossQueue(store, ctx)
  return createEmbeddedQueue(store, ctx)
}
