import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import type { Repository } from '../repository.ts'
import { type ListedLock, listLocks } from './list-locks.ts'
import type { LockTimers } from './lock-timers.ts'
import { removeLock } from './remove-lock.ts'
import { explainStale, type StaleRule } from './stale-lock.ts'

export interface LockCheck {
  readonly exclusive: boolean
  /** our own lock file, which does not count */
  readonly ownId?: string
  readonly timers: LockTimers
  readonly staleRule: Omit<StaleRule, 'now'>
}

/**
 * Fails when a lock of others excludes ours; removes those that are provably held by no one.
 * @throws AppError REPOSITORY_LOCKED, STORAGE_…
 */
export async function checkLocks(
  repository: Repository,
  { exclusive, ownId, timers, staleRule }: LockCheck,
  ctx: Context,
): Promise<void> {
  const locks = await listLocks(repository, ctx, { timers })
  let conflict: ListedLock | undefined
  for (const listed of locks) {
    if (listed.id === ownId) continue
    if (listed.lock === undefined) {
      conflict ??= listed
      continue
    }
    const reason = explainStale(listed.lock, { ...staleRule, now: ctx.now() })
    if (reason !== undefined) {
      // even when the file cannot be deleted, it holds nobody back
      if (await removeLock(repository, listed.id, ctx)) ctx.emit({ type: 'lock.removed', lock: listed.id, reason })
    } else if (exclusive || listed.lock.exclusive) conflict ??= listed
  }
  if (conflict !== undefined) throw lockedError(repository, conflict)
}

function lockedError({ backend: { location } }: Repository, listed: ListedLock): AppError {
  if (listed.lock === undefined) {
    const unknown = { pid: '?', username: 'someone', hostname: 'a machine', since: 'an unknown time' }
    const mode = `(lock ${listed.id.slice(0, 8)} cannot be read)`
    return new AppError('REPOSITORY_LOCKED', { location, mode, ...unknown }, { cause: listed.error })
  }
  const { pid, username, hostname, time, exclusive } = listed.lock
  const mode = exclusive ? 'exclusively' : 'for shared use'
  return new AppError('REPOSITORY_LOCKED', { location, mode, pid, username, hostname, since: time })
}
