import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import type { Repository } from '../repository.ts'
import { findKeyId } from './list-keys.ts'

/**
 * Makes a password useless. The key in use stays, so that one always remains. Whoever knew the password may have kept
 * the master key: only a new repository with copied snapshots is out of their reach. Needs an exclusive lock.
 * @param prefix unique beginning of the key's id
 * @returns the id of the removed key
 * @throws AppError KEY_IN_USE, KEY_UNKNOWN, KEY_AMBIGUOUS, STORAGE_…
 */
export async function removeKey(repository: Repository, prefix: string, ctx: Context): Promise<string> {
  const id = await findKeyId(repository, prefix, ctx)
  if (id === repository.keyId) throw new AppError('KEY_IN_USE', { key: id.slice(0, 8) })
  await repository.backend.remove({ type: 'key', name: id }, ctx)
  return id
}
