import type { Context } from '@holdfast/core/context'
import { type AppError, isAppError } from '@holdfast/core/errors/app-error'
import { type LockFile, parseLockFile } from '../format/lock-file.ts'
import { fileLabel, readUnpacked } from '../open/unpacked-files.ts'
import type { Repository } from '../repository.ts'
import { type LockTimers, systemTimers } from './lock-timers.ts'

/** A lock file; one that cannot be read has its error instead of its content. */
export type ListedLock =
  | { readonly id: string; readonly lock: LockFile }
  | { readonly id: string; readonly lock?: undefined; readonly error: AppError }

const retryDelaysMs = [5_000, 10_000, 20_000, 40_000]

/**
 * The locks on a repository. Empty files, which a full disk leaves behind, are no locks; nor are those removed
 * meanwhile. An unreadable one may be half written, so it is read up to four times more over 75 seconds.
 */
export async function listLocks(
  repository: Repository,
  ctx: Context,
  { timers = systemTimers, retryUnreadable = true }: { timers?: LockTimers; retryUnreadable?: boolean } = {},
): Promise<ListedLock[]> {
  const ids: string[] = []
  for await (const { name, sizeBytes } of repository.backend.list('lock', ctx)) {
    if (sizeBytes > 0) ids.push(name)
  }
  const delaysMs = retryUnreadable ? retryDelaysMs : []
  const locks = await Promise.all(ids.map((id) => readLock(repository, id, { timers, delaysMs }, ctx)))
  return locks.filter((lock) => lock !== undefined).toSorted((a, b) => (a.id < b.id ? -1 : 1))
}

async function readLock(
  repository: Repository,
  id: string,
  { timers, delaysMs }: { timers: LockTimers; delaysMs: readonly number[] },
  ctx: Context,
): Promise<ListedLock | undefined> {
  const file = { type: 'lock', name: id } as const
  for (let attempt = 0; ; attempt++) {
    try {
      return { id, lock: parseLockFile(await readUnpacked(repository, file, ctx), fileLabel(file)) }
    } catch (error) {
      if (isAppError(error, 'STORAGE_FILE_MISSING')) return undefined
      if (!isAppError(error, 'REPOSITORY_DAMAGED') && !isAppError(error, 'STORAGE_DAMAGED')) throw error
      const delayMs = delaysMs[attempt]
      if (delayMs === undefined) return { id, error }
      await timers.sleep(delayMs, ctx.signal)
    }
  }
}
