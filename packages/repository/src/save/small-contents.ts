import type { JobQueue } from './job-queue.ts'
import type { StoredContent } from './stream-content.ts'

/** Contents up to this size are handed to the workers together, and cut there. */
export const smallContentBytes = 4 << 20
const contentsPerJob = 256

type OnStored = (content: StoredContent) => void

/** Collects the contents of small files, because a message to a worker costs more than a small file. */
export class SmallContents {
  readonly #queue: JobQueue
  readonly #buffer = new Uint8Array(smallContentBytes)
  #used = 0
  #lengths: number[] = []
  #onStored: OnStored[] = []

  constructor(queue: JobQueue) {
    this.#queue = queue
  }

  /** Copies the bytes, at most `smallContentBytes`. */
  async add(bytes: Uint8Array, onStored: OnStored): Promise<void> {
    if (this.#used + bytes.length > smallContentBytes) await this.flush()
    this.#buffer.set(bytes, this.#used)
    this.#used += bytes.length
    this.#lengths.push(bytes.length)
    this.#onStored.push(onStored)
    if (this.#lengths.length >= contentsPerJob) await this.flush()
  }

  async flush(): Promise<void> {
    if (this.#lengths.length === 0) return
    const [bytes, lengths, onStored] = [this.#buffer.slice(0, this.#used), this.#lengths, this.#onStored]
    this.#used = 0
    this.#lengths = []
    this.#onStored = []
    await this.#queue.send(
      { type: 'contents', bytes, lengths },
      ({ ids }) => {
        for (const [i, stored] of onStored.entries()) stored({ ids: ids[i] ?? [], sizeBytes: lengths[i] ?? 0 })
      },
      { sizeBytes: bytes.length, transfer: [bytes.buffer] },
    )
  }
}
