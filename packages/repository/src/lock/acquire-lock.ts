import { type Context, withSignal } from '@holdfast/core/context'
import { isAppError } from '@holdfast/core/errors/app-error'
import type { Repository } from '../repository.ts'
import { checkLocks } from './check-locks.ts'
import { HeldLock, type RepositoryLock, writeLock } from './held-lock.ts'
import { isProcessAlive, type LockIdentity } from './lock-identity.ts'
import { type LockTimers, systemTimers } from './lock-timers.ts'
import { removeLock } from './remove-lock.ts'

export interface LockOptions {
  /** alone, or together with others that do not ask to be alone */
  readonly exclusive: boolean
  /** how long to try again while others hold the repository, 0 unless given */
  readonly retryForMs?: number
  readonly identity: LockIdentity
  readonly isProcessAlive?: (pid: number) => boolean
  readonly timers?: LockTimers
}

/** Two who write their locks at the same time see each other's after this. */
const settleMs = 200
const firstRetryMs = 5_000
const longestRetryMs = 60_000

/**
 * Locks a repository as restic does, and keeps the lock fresh until it is disposed. Locks of processes that are
 * provably gone are removed (event `lock.removed`).
 * @throws AppError REPOSITORY_LOCKED, STORAGE_…
 */
export async function acquireLock(repository: Repository, options: LockOptions, ctx: Context): Promise<RepositoryLock> {
  const timers = options.timers ?? systemTimers
  const deadlineMs = ctx.now().getTime() + (options.retryForMs ?? 0)
  for (let delayMs = firstRetryMs; ; delayMs = Math.min(2 * delayMs, longestRetryMs)) {
    try {
      return await attemptLock(repository, options, timers, ctx)
    } catch (error) {
      const leftMs = deadlineMs - ctx.now().getTime()
      if (!isAppError(error, 'REPOSITORY_LOCKED') || leftMs <= 0) throw error
      await timers.sleep(Math.min(delayMs, leftMs), ctx.signal)
    }
  }
}

/** Looks for others, writes the lock, and looks again, so that of two who come at once at most one gets it. */
async function attemptLock(
  repository: Repository,
  { exclusive, identity, isProcessAlive: probe = isProcessAlive }: LockOptions,
  timers: LockTimers,
  ctx: Context,
): Promise<RepositoryLock> {
  const check = { exclusive, timers, staleRule: { identity, isProcessAlive: probe } }
  await checkLocks(repository, check, ctx)
  const atMs = ctx.now().getTime()
  const id = await writeLock(repository, { exclusive, identity }, ctx)
  try {
    await timers.sleep(settleMs, ctx.signal)
    await checkLocks(repository, { ...check, ownId: id }, ctx)
  } catch (error) {
    // also when interrupted: the lock must not stay behind
    await removeLock(repository, id, withSignal(ctx, new AbortController().signal))
    throw error
  }
  return new HeldLock(repository, { id, atMs }, { exclusive, identity, timers }, ctx)
}
