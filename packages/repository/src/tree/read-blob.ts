import type { Context } from '@holdfast/core/context'
import { AppError, isAppError } from '@holdfast/core/errors/app-error'
import type { BlobIndex, BlobPlace } from '../engine/blob-index.ts'
import type { Repository } from '../repository.ts'
import { openBlob } from './open-blob.ts'

/** Every copy is tried this often: bytes that were altered on the way are read right the next time. */
const attempts = 2

/**
 * The content of one blob, on the calling thread; verified against its id. When one copy is damaged or missing, the
 * others are tried.
 * @param id 64 hex digits
 * @throws AppError REPOSITORY_DAMAGED (also when the index does not know the blob), STORAGE_…
 */
export async function readBlob(repository: Repository, index: BlobIndex, id: string, ctx: Context): Promise<Buffer> {
  const places = index.locateAll(id)
  let failure: AppError | undefined
  for (let attempt = 1; attempt <= attempts; attempt++) {
    for (const place of places) {
      const result = await tryPlace(repository, id, place, ctx)
      if (!isAppError(result)) return result
      failure ??= result
    }
  }
  throw failure ?? damagedBlob(id, 'it is not in the index')
}

export function damagedBlob(id: string, reason: string): AppError {
  return new AppError('REPOSITORY_DAMAGED', { object: `blob ${id}`, reason })
}

async function tryPlace(
  repository: Repository,
  id: string,
  place: BlobPlace,
  ctx: Context,
): Promise<Buffer | AppError> {
  const { backend, key } = repository
  try {
    const range = { offset: place.offset, length: place.length }
    const sealed = await backend.read({ type: 'data', name: place.packId }, range, ctx)
    const opened = openBlob(key, id, place, sealed)
    return 'content' in opened ? opened.content : damagedBlob(id, opened.reason)
  } catch (error) {
    if (isAppError(error) && error.code !== 'INTERRUPTED') return error
    throw error
  }
}
