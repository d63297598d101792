import type { Context } from '@holdfast/core/context'
import { AppError, isAppError } from '@holdfast/core/errors/app-error'
import { parseKeyFile } from '../format/key-file.ts'
import { fileLabel, readVerified } from '../open/unpacked-files.ts'
import type { Repository } from '../repository.ts'

/** A password that opens the repository, without the password. */
export interface ListedKey {
  /** 64 hex digits */
  readonly id: string
  readonly username: string
  readonly hostname: string
  /** RFC 3339 */
  readonly created: string
  /** whether it is the one this repository was opened with */
  readonly isCurrent: boolean
}

/**
 * The keys of a repository, oldest first. A damaged key file is left out with a warning: it opens nothing.
 * @throws AppError STORAGE_…
 */
export async function listKeys(repository: Repository, ctx: Context): Promise<ListedKey[]> {
  const keys: ListedKey[] = []
  for (const id of await listKeyIds(repository, ctx)) {
    const key = await readKey(repository, id, ctx)
    if (key !== undefined) keys.push(key)
  }
  return keys.toSorted((a, b) => Date.parse(a.created) - Date.parse(b.created) || (a.id < b.id ? -1 : 1))
}

/**
 * The id that a unique beginning means.
 * @throws AppError KEY_UNKNOWN, KEY_AMBIGUOUS, STORAGE_…
 */
export async function findKeyId(repository: Repository, prefix: string, ctx: Context): Promise<string> {
  const ids = await listKeyIds(repository, ctx)
  const matching = prefix === '' ? [] : ids.filter((id) => id.startsWith(prefix))
  const [id] = matching
  if (id === undefined) throw new AppError('KEY_UNKNOWN', { prefix: JSON.stringify(prefix) })
  if (matching.length > 1) throw new AppError('KEY_AMBIGUOUS', { prefix, count: matching.length })
  return id
}

async function listKeyIds({ backend }: Repository, ctx: Context): Promise<string[]> {
  const ids: string[] = []
  for await (const { name } of backend.list('key', ctx)) ids.push(name)
  return ids
}

async function readKey(repository: Repository, id: string, ctx: Context): Promise<ListedKey | undefined> {
  const file = { type: 'key', name: id } as const
  try {
    const bytes = await readVerified(repository.backend, file, ctx)
    const { username, hostname, created } = parseKeyFile(bytes, fileLabel(file))
    return { id, username, hostname, created, isCurrent: id === repository.keyId }
  } catch (error) {
    // removed since it was listed
    if (isAppError(error, 'STORAGE_FILE_MISSING')) return undefined
    if (!isAppError(error, 'REPOSITORY_DAMAGED')) throw error
    ctx.emit({ type: 'message.noted', level: 'warning', message: error.message })
    return undefined
  }
}
