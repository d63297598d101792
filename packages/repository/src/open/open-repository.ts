import type { Context } from '@holdfast/core/context'
import { AppError, isAppError } from '@holdfast/core/errors/app-error'
import type { Backend } from '@holdfast/storage/backend'
import { throwIfInterrupted } from '@holdfast/storage/interruption'
import { parseConfigFile } from '../format/config-file.ts'
import { openKeyFile } from '../format/key-file.ts'
import type { MasterKey } from '../format/master-key.ts'
import type { Repository } from '../repository.ts'
import { fileLabel, readVerified } from './unpacked-files.ts'

/** Each try takes half a second, so a store full of planted keys must not be tried through. */
const maxKeys = 20

export interface OpenOptions {
  /** beginning of the name of the key file to try first */
  readonly keyHint?: string
}

/**
 * Opens a repository with a password.
 * @throws AppError REPOSITORY_MISSING, REPOSITORY_PASSWORD_WRONG, REPOSITORY_VERSION_UNSUPPORTED, REPOSITORY_DAMAGED,
 * STORAGE_…
 */
export async function openRepository(
  backend: Backend,
  password: string,
  options: OpenOptions,
  ctx: Context,
): Promise<Repository> {
  const [sealedConfig, keyNames] = await Promise.all([readConfig(backend, ctx), listKeys(backend, ctx)])
  const { key, keyId } = await findKey(backend, keyNames, password, options, ctx)
  return { backend, key, keyId, config: parseConfigFile(key, sealedConfig, backend.location) }
}

async function readConfig(backend: Backend, ctx: Context): Promise<Uint8Array> {
  try {
    return await backend.read({ type: 'config', name: 'config' }, undefined, ctx)
  } catch (error) {
    if (!isAppError(error, 'STORAGE_FILE_MISSING')) throw error
    throw new AppError('REPOSITORY_MISSING', { location: backend.location }, { cause: error })
  }
}

async function listKeys(backend: Backend, ctx: Context): Promise<string[]> {
  const names: string[] = []
  for await (const { name } of backend.list('key', ctx)) names.push(name)
  return names
}

async function findKey(
  backend: Backend,
  names: string[],
  password: string,
  { keyHint }: OpenOptions,
  ctx: Context,
): Promise<{ key: MasterKey; keyId: string }> {
  if (names.length === 0) {
    const reason = 'there is a config but no key: either this is no repository, or its keys were lost'
    throw new AppError('REPOSITORY_DAMAGED', { object: backend.location, reason })
  }
  if (keyHint !== undefined) names.sort((a, b) => Number(b.startsWith(keyHint)) - Number(a.startsWith(keyHint)))
  let damage: AppError | undefined
  for (const name of names.slice(0, maxKeys)) {
    throwIfInterrupted(ctx)
    try {
      const file = { type: 'key', name } as const
      const key = await openKeyFile(await readVerified(backend, file, ctx), password, fileLabel(file))
      if (key !== undefined) return { key, keyId: name }
    } catch (error) {
      // another key may still open, also one removed since the listing
      if (isAppError(error, 'REPOSITORY_DAMAGED')) damage = error
      else if (!isAppError(error, 'STORAGE_FILE_MISSING')) throw error
    }
  }
  if (damage !== undefined) throw damage
  throw new AppError('REPOSITORY_PASSWORD_WRONG', { location: backend.location, keys: names.length })
}
