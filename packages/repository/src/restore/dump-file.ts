import type { Context } from '@holdfast/core/context'
import { throwIfInterrupted } from '@holdfast/storage/interruption'
import type { BlobIndex } from '../engine/blob-index.ts'
import type { Node } from '../format/node.ts'
import type { Repository } from '../repository.ts'
import { readBlob } from '../tree/read-blob.ts'
import { contentOf } from './file-content.ts'

/** Blobs that are fetched before they are wanted: bounds the memory of a dump to about 32 MiB. */
const blobsAhead = 3

/**
 * A file's content from front to back, verified; the next blobs are read while one is consumed.
 * @throws AppError REPOSITORY_DAMAGED, STORAGE_…, INTERRUPTED
 */
export async function* dumpFile(
  repository: Repository,
  index: BlobIndex,
  node: Node,
  ctx: Context,
): AsyncGenerator<Buffer> {
  const { parts } = contentOf(index, node)
  const reading: Promise<Buffer>[] = []
  for (let next = 0; next < parts.length || reading.length > 0;) {
    throwIfInterrupted(ctx)
    for (; reading.length <= blobsAhead && next < parts.length; next++) {
      const blob = readBlob(repository, index, parts[next]?.id ?? '', ctx)
      // a failure is thrown when the blob's turn comes
      blob.catch(() => {})
      reading.push(blob)
    }
    const first = await reading.shift()
    if (first !== undefined) yield first
  }
}
