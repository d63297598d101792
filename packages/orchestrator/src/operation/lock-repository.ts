import type { Context } from '@holdfast/core/context'
import { isAppError } from '@holdfast/core/errors/app-error'
import { acquireLock } from '@holdfast/repository/lock/acquire-lock'
import type { RepositoryLock } from '@holdfast/repository/lock/held-lock'
import { unlock } from '@holdfast/repository/lock/unlock'
import type { Repository } from '@holdfast/repository/repository'
import type { Machine } from './machine.ts'

export interface LockChoice {
  /** alone in the repository: to remove something from it */
  readonly exclusive: boolean
  /** how long others are waited for; a minute unless given */
  readonly retryForMs?: number
}

/**
 * Locks a repository. Locks that were given up for good (half an hour without a sign of life) are removed: nobody is
 * there to run `holdfast unlock`.
 * @throws AppError REPOSITORY_LOCKED, STORAGE_…
 */
export async function lockRepository(
  repository: Repository,
  { exclusive, retryForMs = 60_000 }: LockChoice,
  { identity }: Pick<Machine, 'identity'>,
  ctx: Context,
): Promise<RepositoryLock> {
  try {
    return await acquireLock(repository, { exclusive, identity, retryForMs: 0 }, ctx)
  } catch (error) {
    if (!isAppError(error, 'REPOSITORY_LOCKED')) throw error
    await unlock(repository, { removeAll: false, identity }, ctx)
    return await acquireLock(repository, { exclusive, identity, retryForMs }, ctx)
  }
}
