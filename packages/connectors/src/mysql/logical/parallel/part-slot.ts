/** The place of a part that is promised to a reader before its program comes to it. */
export class PartSlot {
  readonly #given = Promise.withResolvers<AsyncIterable<Uint8Array>>()
  readonly #left = Promise.withResolvers<void>()
  #isGiven = false

  constructor() {
    // it may fail before anybody reads it
    this.#given.promise.catch(() => {})
  }

  get isGiven(): boolean {
    return this.#isGiven
  }

  /** To be read once. */
  async *chunks(): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      yield* await this.#given.promise
    } finally {
      this.#left.resolve()
    }
  }

  /** Resolves when the reader has come to the end, or has gone. */
  async give(chunks: AsyncIterable<Uint8Array>): Promise<void> {
    this.#isGiven = true
    this.#given.resolve(chunks)
    await this.#left.promise
  }

  fail(error: unknown): void {
    this.#given.reject(error)
    this.#left.resolve()
  }
}
