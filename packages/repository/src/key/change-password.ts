import type { Context } from '@holdfast/core/context'
import type { Repository } from '../repository.ts'
import { addKey, type NewKey } from './add-key.ts'

/**
 * Replaces the key in use by one with another password: the new one is added and proven to open first, only then the
 * old one is deleted. Cut off in between, both passwords open the repository. Needs an exclusive lock.
 * @returns the repository as opened with the new key
 * @throws AppError REPOSITORY_DAMAGED, STORAGE_…
 */
export async function changePassword(repository: Repository, key: NewKey, ctx: Context): Promise<Repository> {
  const keyId = await addKey(repository, key, ctx)
  await repository.backend.remove({ type: 'key', name: repository.keyId }, ctx)
  return { ...repository, keyId }
}
