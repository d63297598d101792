import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import { createKeyFile, openKeyFile } from '../format/key-file.ts'
import type { MasterKey } from '../format/master-key.ts'
import { fileLabel, readVerified } from '../open/unpacked-files.ts'
import type { Repository } from '../repository.ts'
import type { ScryptCost } from '../scrypt/scrypt.ts'

export interface NewKey {
  readonly password: string
  /** who it is for, shown in listings */
  readonly identity: { readonly username: string; readonly hostname: string }
  /** how hard the password is to guess; the usual cost unless given */
  readonly cost?: ScryptCost
}

/**
 * Lets another password open the repository. The new key file is read back and opened before this returns.
 * @returns the id of the new key
 * @throws AppError REPOSITORY_DAMAGED when what was stored does not open, STORAGE_…
 */
export async function addKey(
  repository: Repository,
  { password, identity, cost }: NewKey,
  ctx: Context,
): Promise<string> {
  const { backend, key } = repository
  const { name, bytes } = await createKeyFile(password, key, identity, ctx.now(), cost)
  const file = { type: 'key', name } as const
  await backend.write(file, bytes, { content: 'metadata' }, ctx)
  await backend.flush(ctx)
  const stored = await openKeyFile(await readVerified(backend, file, ctx), password, fileLabel(file))
  if (stored === undefined || !isSameKey(stored, key)) {
    throw new AppError('REPOSITORY_DAMAGED', { object: fileLabel(file), reason: 'it does not open as it was written' })
  }
  return name
}

function isSameKey(a: MasterKey, b: MasterKey): boolean {
  return a.encrypt.equals(b.encrypt) && a.macK.equals(b.macK) && a.macR.equals(b.macR)
}
