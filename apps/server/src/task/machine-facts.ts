import type { Machine } from '@holdfast/orchestrator/operation/machine'
import type { MachineFacts } from './task-message.ts'

/** What another process of this machine can be told. */
export function factsOf({
  identity,
  homeDirectory,
  temporaryDirectory,
  cacheDirectory,
  version,
  workers,
}: Machine): MachineFacts {
  return { identity, homeDirectory, temporaryDirectory, cacheDirectory, version, workers }
}
