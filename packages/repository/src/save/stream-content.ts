import type { JobQueue } from './job-queue.ts'
import type { StreamChunker } from './stream-chunks.ts'

export interface StoredContent {
  readonly ids: readonly string[]
  readonly sizeBytes: number
}

/**
 * Cuts a stream on this thread and has the chunks stored by the workers. Resolves to its size when the stream has been
 * read to its end; `onStored` is called when all of it is stored as well.
 */
export async function storeStream(
  queue: JobQueue,
  chunker: StreamChunker,
  bytes: AsyncIterable<Uint8Array>,
  on: { readonly chunk: (sizeBytes: number) => void; readonly stored: (content: StoredContent) => void },
): Promise<number> {
  const ids: string[] = []
  let sizeBytes = 0
  // the stream itself counts as one, so that nothing is complete before its end
  let waiting = 1
  const done = (): void => {
    if (--waiting === 0) on.stored({ ids, sizeBytes })
  }
  for await (const chunk of chunker(bytes)) {
    const position = ids.push('') - 1
    const load = { sizeBytes: chunk.length, transfer: [chunk.buffer] }
    sizeBytes += load.sizeBytes
    waiting++
    await queue.send(
      { type: 'blob', bytes: chunk, isTree: false },
      ({ id }) => {
        ids[position] = id
        on.chunk(load.sizeBytes)
        done()
      },
      load,
    )
  }
  done()
  return sizeBytes
}
