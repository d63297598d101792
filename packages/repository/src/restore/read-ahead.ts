import type { Context } from '@holdfast/core/context'
import { throwIfInterrupted } from '@holdfast/storage/interruption'
import type { BlobIndex } from '../engine/blob-index.ts'
import type { Repository } from '../repository.ts'
import type { ContentPart } from './file-content.ts'
import { createNeighbourReader } from './neighbour-reader.ts'

/** What is read before it is wanted: enough small files to keep a store busy, few enough large blobs for the memory. */
const partsAhead = 400
const bytesAhead = 24 << 20

interface Waiting<Given> {
  readonly content: Promise<Given | Buffer>
  readonly bytes: number
}

/**
 * Bytes as they come and the content of blobs, in their order, verified; what comes next is read while one is consumed. What
 * goes wrong is thrown when its turn comes.
 * @throws AppError REPOSITORY_DAMAGED, STORAGE_…, INTERRUPTED, and what `parts` throws
 */
export async function* readAhead<Given extends Uint8Array = never>(
  parts: AsyncIterable<Given | ContentPart> | Iterable<ContentPart>,
  repository: Repository,
  index: BlobIndex,
  ctx: Context,
): AsyncGenerator<Given | Buffer> {
  const iterator = Symbol.asyncIterator in parts ? parts[Symbol.asyncIterator]() : parts[Symbol.iterator]()
  const neighbours = createNeighbourReader(repository, index, ctx)
  const waiting: Waiting<Given>[] = []
  let ahead = 0
  let isOver = false
  const wait = (content: Promise<Given | Buffer>, bytes: number): void => {
    // told when its turn comes
    content.catch(() => {})
    waiting.push({ content, bytes })
    ahead += bytes
  }
  const fill = async (): Promise<void> => {
    // half at a time, so that there are neighbours to read together
    if (waiting.length > partsAhead / 2 || ahead > bytesAhead / 2) return
    while (!isOver && waiting.length < partsAhead && ahead < bytesAhead) {
      try {
        const { done, value } = await iterator.next()
        if (done === true) isOver = true
        else if (value instanceof Uint8Array) wait(Promise.resolve(value), value.byteLength)
        else wait(neighbours.read(value.id), value.length)
      } catch (error) {
        isOver = true
        wait(Promise.reject(error), 0)
      }
    }
    neighbours.flush()
  }
  try {
    for (;;) {
      throwIfInterrupted(ctx)
      await fill()
      const first = waiting.shift()
      if (first === undefined) return
      ahead -= first.bytes
      yield await first.content
    }
  } finally {
    await iterator.return?.()
  }
}
