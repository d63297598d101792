import { hash } from 'node:crypto'
import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import type { Backend, FileId, FileType } from '@holdfast/storage/backend'
import { open, seal } from '../format/crypto.ts'
import { decodeUnpacked, encodeUnpacked } from '../format/unpacked.ts'
import type { Repository } from '../repository.ts'

/** How errors call a file: "index 1a2b3c4d". */
export function fileLabel(file: FileId): string {
  return file.type === 'config' ? 'config' : `${file.type} ${file.name.slice(0, 8)}`
}

/**
 * The stored bytes of a whole file, compared with its name. A mismatch is read once more, since it can come from the
 * way rather than from the store.
 * @throws AppError REPOSITORY_DAMAGED, STORAGE_…
 */
export async function readVerified(backend: Backend, file: FileId, ctx: Context): Promise<Uint8Array> {
  for (let attempt = 1; ; attempt++) {
    const bytes = await backend.read(file, undefined, ctx)
    if (hash('sha256', bytes, 'hex') === file.name) return bytes
    if (attempt === 2) {
      throw new AppError('REPOSITORY_DAMAGED', {
        object: fileLabel(file),
        reason: 'its content does not match its name',
      })
    }
  }
}

/**
 * The JSON in an index, snapshot or lock file.
 * @throws AppError REPOSITORY_DAMAGED, STORAGE_…
 */
export async function readUnpacked(repository: Repository, file: FileId, ctx: Context): Promise<Buffer> {
  const bytes = await readVerified(repository.backend, file, ctx)
  return decodeUnpacked(open(repository.key, bytes, fileLabel(file)), fileLabel(file))
}

/** Seals and stores JSON as an index, snapshot or lock file; returns the file's name. */
export async function writeUnpacked(
  repository: Repository,
  type: Exclude<FileType, 'config' | 'data' | 'key' | 'tip'>,
  json: Uint8Array,
  ctx: Context,
): Promise<string> {
  const bytes = seal(repository.key, encodeUnpacked(json, repository.config.version))
  const name = hash('sha256', bytes, 'hex')
  await repository.backend.write({ type, name }, bytes, { content: 'metadata' }, ctx)
  return name
}
