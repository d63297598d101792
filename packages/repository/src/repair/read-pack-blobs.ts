import type { Context } from '@holdfast/core/context'
import { openPackHeader, packTrailerBytes } from '../format/pack-header.ts'
import type { PackedBlob } from '../format/packed-blob.ts'
import type { Repository } from '../repository.ts'

/** Most headers are shorter, so that one request is enough. */
const firstReadBytes = 16 << 10

/**
 * What a pack's own header says it holds.
 * @throws AppError REPOSITORY_DAMAGED, STORAGE_…
 */
export async function readPackBlobs(
  { backend, key }: Repository,
  id: string,
  sizeBytes: number,
  ctx: Context,
): Promise<PackedBlob[]> {
  const objectName = `pack ${id}`
  const readTail = (length: number): Promise<Uint8Array> =>
    backend.read({ type: 'data', name: id }, { offset: sizeBytes - length, length }, ctx)
  const tail = await readTail(Math.min(sizeBytes, firstReadBytes))
  const trailerBytes = packTrailerBytes(tail, sizeBytes, objectName)
  const whole = trailerBytes <= tail.length ? tail : await readTail(trailerBytes)
  return openPackHeader(key, whole, sizeBytes, objectName)
}
