import type { Context } from '@holdfast/core/context'
import { logFileKey } from '@holdfast/repository/log/log-file'
import type { LogPlace } from '@holdfast/repository/log/log-place'
import { type LogWriterOptions, openLogWriter } from '@holdfast/repository/log/log-writer'
import { readLog } from '@holdfast/repository/log/read-log'
import type { Repository } from '@holdfast/repository/repository'

/**
 * Brings what one repository's log lacks from another one's: for a repository that could not be written for a while.
 * Returns how many files it lacked. Growing ones are left to whoever follows.
 */
export async function copyMissingLog(
  from: Repository,
  to: Repository,
  place: LogPlace,
  options: LogWriterOptions,
  ctx: Context,
): Promise<number> {
  const theirs = await readLog(from, place, ctx)
  const ours = new Map((await (await readLog(to, place, ctx)).allFiles(ctx)).map((file) => [logFileKey(file), file]))
  const missing = (await theirs.allFiles(ctx)).filter((file) => {
    const own = ours.get(logFileKey(file))
    return !file.growing && (own === undefined || own.growing || own.sizeBytes < file.sizeBytes)
  })
  if (missing.length === 0) return 0
  await using writer = await openLogWriter(to, place, options, ctx)
  for (const file of missing) {
    const bytes = await theirs.read(file, ctx)
    if (bytes === undefined) continue
    const { folder, name, facts } = file
    await writer.append({ folder, name, facts, bytes }, ctx)
  }
  await writer.batch(ctx)
  return missing.length
}
