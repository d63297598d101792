import type { FirstFailure } from './first-failure.ts'
import type { JobQueue } from './job-queue.ts'
import { resumed } from './resumed.ts'
import { createStreamChunker, type StreamChunker } from './stream-chunks.ts'
import { type StoredContent, storeStream } from './stream-content.ts'

/**
 * Files whose parts come side by side. As many are cut at once as have begun and not ended; one that has not begun costs
 * nothing, so that a source may promise many and give them as its programs come to them.
 */
export class PartContents {
  readonly #queue: JobQueue
  readonly #failure: FirstFailure
  readonly #polynomial: bigint
  readonly #onBytes: (sizeBytes: number) => void
  readonly #idle: StreamChunker[] = []

  constructor(queue: JobQueue, failure: FirstFailure, polynomial: bigint, onBytes: (sizeBytes: number) => void) {
    this.#queue = queue
    this.#failure = failure
    this.#polynomial = polynomial
    this.#onBytes = onBytes
  }

  add(parts: readonly AsyncIterable<Uint8Array>[], onStored: (content: StoredContent) => void): void {
    const contents: StoredContent[] = parts.map(() => ({ ids: [], sizeBytes: 0 }))
    let waiting = parts.length
    const done = (position: number, content: StoredContent): void => {
      contents[position] = content
      if (--waiting === 0) onStored(joined(contents))
    }
    if (waiting === 0) onStored(joined(contents))
    for (const [position, part] of parts.entries()) {
      this.#queue.start(() => this.#store(part, (content) => done(position, content)))
    }
  }

  async #store(part: AsyncIterable<Uint8Array>, onStored: (content: StoredContent) => void): Promise<void> {
    const pieces = this.#failure.guard(part)
    const first = await pieces.next()
    if (first.done === true) return onStored({ ids: [], sizeBytes: 0 })
    const chunker = this.#idle.pop() ?? createStreamChunker(this.#polynomial)
    const on = { chunk: this.#onBytes, stored: onStored }
    await storeStream(this.#queue, chunker, resumed([first.value], pieces), on)
    this.#idle.push(chunker)
  }
}

function joined(contents: readonly StoredContent[]): StoredContent {
  return {
    ids: contents.flatMap(({ ids }) => ids),
    sizeBytes: contents.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
  }
}
