import { chunkBytesAtLeast } from './chunker.ts'
import type { FirstFailure } from './first-failure.ts'
import { fixedChunksAtOnce, fixedStreamChunks } from './fixed-chunks.ts'
import type { JobQueue } from './job-queue.ts'
import { LocalFiles } from './local-files.ts'
import { PartContents } from './part-contents.ts'
import { resumed } from './resumed.ts'
import type { LocalFile, LocalFileContent } from './save-jobs.ts'
import { SmallContents, smallContentBytes } from './small-contents.ts'
import { createStreamChunker, type StreamChunker } from './stream-chunks.ts'
import { type StoredContent, storeStream } from './stream-content.ts'

type OnStored = (content: StoredContent) => void

/**
 * Brings the contents of a source's entries to the workers. Each method resolves when the content has been taken over, so
 * that the source may go on; `onStored` is called when it is stored.
 */
export class EntryContents {
  readonly #queue: JobQueue
  readonly #failure: FirstFailure
  readonly #onBytes: (sizeBytes: number) => void
  readonly #chunker: StreamChunker
  readonly #small: SmallContents
  readonly #local: LocalFiles
  readonly #parts: PartContents
  readonly #head = new Uint8Array(smallContentBytes)

  /** @param onBytes is told of everything that was stored, large files in parts */
  constructor(queue: JobQueue, failure: FirstFailure, chunkerPolynomial: bigint, onBytes: (sizeBytes: number) => void) {
    this.#queue = queue
    this.#failure = failure
    this.#onBytes = onBytes
    this.#chunker = createStreamChunker(chunkerPolynomial)
    this.#small = new SmallContents(queue)
    this.#local = new LocalFiles(queue, onBytes)
    this.#parts = new PartContents(queue, failure, chunkerPolynomial, onBytes)
  }

  async bytes(bytes: Uint8Array, isPaged: boolean, onStored: OnStored): Promise<void> {
    const oneChunk = chunkBytesAtLeast
    if (bytes.length <= (isPaged ? oneChunk : smallContentBytes)) return await this.#addSmall(bytes, onStored)
    await this.#cut(justOne(bytes), isPaged, onStored)
  }

  async stream(chunks: AsyncIterable<Uint8Array>, isPaged: boolean, onStored: OnStored): Promise<void> {
    const pieces = this.#failure.guard(chunks)
    if (isPaged) return await this.#cut(pieces, isPaged, onStored)
    let used = 0
    for (;;) {
      const next = await pieces.next()
      if (next.done === true) return await this.#addSmall(this.#head.subarray(0, used), onStored)
      const piece = next.value
      if (used + piece.length > smallContentBytes) {
        return await this.#cut(resumed([this.#head.subarray(0, used), piece], pieces), isPaged, onStored)
      }
      this.#head.set(piece, used)
      used += piece.length
    }
  }

  /** Returns at once: the source goes on, and the queue's `settle` waits for the parts. */
  parts(parts: readonly AsyncIterable<Uint8Array>[], onStored: OnStored): void {
    this.#parts.add(parts, onStored)
  }

  /** @param onStored gets null when the file has vanished */
  async local(file: LocalFile, sizeBytes: number, onStored: (content: LocalFileContent | null) => void): Promise<void> {
    await this.#local.add(file, sizeBytes, onStored)
  }

  /** Hands over what was collected; the queue knows when it is stored. */
  async flush(): Promise<void> {
    await this.#small.flush()
    await this.#local.flush()
  }

  async #addSmall(bytes: Uint8Array, onStored: OnStored): Promise<void> {
    await this.#small.add(bytes, (content) => {
      this.#onBytes(content.sizeBytes)
      onStored(content)
    })
  }

  async #cut(pieces: AsyncIterable<Uint8Array>, isPaged: boolean, onStored: OnStored): Promise<void> {
    const on = { chunk: this.#onBytes, stored: onStored }
    if (isPaged) await storeStream(this.#queue, fixedStreamChunks, pieces, on, fixedChunksAtOnce)
    else await storeStream(this.#queue, this.#chunker, pieces, on)
  }
}

async function* justOne(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
