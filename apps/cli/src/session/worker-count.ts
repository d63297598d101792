import { availableParallelism } from 'node:os'

/** Threads for long work: one for each core, but more than this many only cost memory. */
export function defaultWorkers(): number {
  return Math.min(availableParallelism(), 8)
}
