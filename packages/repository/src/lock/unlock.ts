import type { Context } from '@holdfast/core/context'
import type { Repository } from '../repository.ts'
import { listLocks } from './list-locks.ts'
import { isProcessAlive, type LockIdentity } from './lock-identity.ts'
import { isStaleForUnlock } from './stale-lock.ts'

export interface UnlockOptions {
  /** every lock, also those that are in use */
  readonly removeAll: boolean
  readonly identity: LockIdentity
  readonly isProcessAlive?: (pid: number) => boolean
}

/**
 * Removes stale locks, or all of them; empty and unreadable files go only with `removeAll`.
 * @returns ids of the removed lock files
 * @throws AppError STORAGE_…
 */
export async function unlock(repository: Repository, options: UnlockOptions, ctx: Context): Promise<string[]> {
  const ids = options.removeAll ? await listAllIds(repository, ctx) : await listStaleIds(repository, options, ctx)
  for (const id of ids) {
    await repository.backend.remove({ type: 'lock', name: id }, ctx)
    ctx.emit({ type: 'lock.removed', lock: id, reason: options.removeAll ? 'all locks are removed' : 'it is stale' })
  }
  return ids
}

async function listAllIds(repository: Repository, ctx: Context): Promise<string[]> {
  const ids: string[] = []
  for await (const { name } of repository.backend.list('lock', ctx)) ids.push(name)
  return ids.toSorted()
}

async function listStaleIds(repository: Repository, options: UnlockOptions, ctx: Context): Promise<string[]> {
  const rule = { identity: options.identity, now: ctx.now(), isProcessAlive: options.isProcessAlive ?? isProcessAlive }
  const locks = await listLocks(repository, ctx, { retryUnreadable: false })
  return locks.flatMap(({ id, lock }) => (lock !== undefined && isStaleForUnlock(lock, rule) ? [id] : []))
}
