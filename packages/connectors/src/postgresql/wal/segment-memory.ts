/** More segments are rarely given back at once. */
const keptAtMost = 4

/**
 * Memory of segments, used again and again: new memory for each makes the collector of garbage run for each, and what
 * waits to be collected adds up.
 */
export class SegmentMemory {
  #free: Uint8Array<ArrayBuffer>[] = []

  take(sizeBytes: number): Uint8Array<ArrayBuffer> {
    const free = this.#free.pop()
    return free?.length === sizeBytes ? free : new Uint8Array(sizeBytes)
  }

  /** Takes back memory that nobody looks at any more. */
  readonly give = (bytes: Uint8Array<ArrayBuffer>): void => {
    if (this.#free.length < keptAtMost) this.#free.push(new Uint8Array(bytes.buffer))
    else bytes.buffer.transfer(0)
  }

  /** Frees what is not in use. */
  clear(): void {
    for (const { buffer } of this.#free) buffer.transfer(0)
    this.#free = []
  }
}
