import { quietContext } from '@holdfast/core/context'
import { createLocalBackend } from '@holdfast/storage/local/local-backend'
import { openRepository } from '../../open/open-repository.ts'
import { changePassword } from '../change-password.ts'

/**
 * For tests: makes the password of a local repository quick to try. The key as restic and Holdfast make it takes half a
 * second of a processor each time that one of them is started.
 */
export async function cheapenKey(path: string, password: string): Promise<void> {
  const ctx = quietContext()
  const repository = await openRepository(createLocalBackend(path), password, {}, ctx)
  const identity = { username: 'test', hostname: 'test' }
  await changePassword(repository, { password, identity, cost: { N: 1024, r: 8, p: 1 } }, ctx)
}
