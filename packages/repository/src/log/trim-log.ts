import type { Context } from '@holdfast/core/context'
import type { Repository } from '../repository.ts'
import type { LogFileInfo } from './log-file.ts'
import { createLogKeeper, type LogLockOptions } from './log-keeper.ts'
import type { LogPlace } from './log-place.ts'
import { readLog } from './read-log.ts'
import type { LogSettings } from './batch-file.ts'

export interface TrimReport {
  readonly files: number
  /** before deduplication and compression; `prune` frees what they take in the repository */
  readonly bytes: number
}

/**
 * Drops the files of a log that nobody needs any more: `isNeeded` says which stay, by what is known of them. Only what is
 * in snapshots is dropped; tips are new. Nothing is written when nothing is dropped.
 */
export async function trimLog(
  repository: Repository,
  place: LogPlace,
  isNeeded: (file: LogFileInfo) => boolean,
  options: { readonly settings: LogSettings; readonly lock: LogLockOptions | 'held'; readonly dryRun: boolean },
  ctx: Context,
): Promise<TrimReport> {
  const log = await readLog(repository, place, ctx)
  const files = await log.allFiles(ctx)
  const dropped = files.filter((file) => file.heldIn === 'batch' && !isNeeded(file))
  const report = { files: dropped.length, bytes: dropped.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) }
  if (dropped.length === 0 || options.dryRun) return report
  const keeper = createLogKeeper(repository, place, options.settings, options.lock)
  await keeper.batch([], dropped, ctx)
  return report
}
