import type { JobQueue } from './job-queue.ts'
import type { StreamChunker } from './stream-chunks.ts'

export interface StoredContent {
  readonly ids: readonly string[]
  readonly sizeBytes: number
}

/**
 * Cuts a stream on this thread and has the chunks stored by the workers, `chunksAtOnce` of them by one. Resolves to its size
 * when the stream has been read to its end; `onStored` is called when all of it is stored as well.
 */
export async function storeStream(
  queue: JobQueue,
  chunker: StreamChunker,
  bytes: AsyncIterable<Uint8Array>,
  on: { readonly chunk: (sizeBytes: number) => void; readonly stored: (content: StoredContent) => void },
  chunksAtOnce = 1,
): Promise<number> {
  const ids: string[] = []
  let sizeBytes = 0
  // the stream itself counts as one, so that nothing is complete before its end
  let waiting = 1
  const done = (): void => {
    if (--waiting === 0) on.stored({ ids, sizeBytes })
  }
  const send = async (chunks: readonly Uint8Array<ArrayBuffer>[]): Promise<void> => {
    const first = ids.length
    for (const _ of chunks) ids.push('')
    const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0)
    sizeBytes += length
    waiting++
    await queue.send(
      { type: 'stream', chunks },
      (stored) => {
        for (const [i, id] of stored.ids.entries()) ids[first + i] = id
        on.chunk(length)
        done()
      },
      { sizeBytes: length, transfer: chunks.map(({ buffer }) => buffer) },
    )
  }
  let gathered: Uint8Array<ArrayBuffer>[] = []
  for await (const chunk of chunker(bytes)) {
    gathered.push(chunk)
    if (gathered.length < chunksAtOnce) continue
    await send(gathered)
    gathered = []
  }
  if (gathered.length > 0) await send(gathered)
  done()
  return sizeBytes
}
