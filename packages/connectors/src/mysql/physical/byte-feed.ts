/** Takes exactly so many bytes at a time from a stream of chunks of any length. */
export class ByteFeed {
  readonly #input: AsyncIterator<Uint8Array>
  #waiting: Buffer[] = []
  #length = 0

  constructor(input: AsyncIterable<Uint8Array>) {
    this.#input = input[Symbol.asyncIterator]()
  }

  /** undefined when the stream ended just here; throws when it ended within */
  async take(length: number): Promise<Buffer | undefined> {
    while (this.#length < length) {
      const next = await this.#input.next()
      if (next.done === true) {
        if (this.#length === 0) return undefined
        throw new Error('the stream ends early')
      }
      this.#waiting.push(Buffer.from(next.value.buffer, next.value.byteOffset, next.value.length))
      this.#length += next.value.length
    }
    const [first] = this.#waiting
    const all = this.#waiting.length === 1 && first !== undefined ? first : Buffer.concat(this.#waiting)
    this.#length -= length
    this.#waiting = this.#length === 0 ? [] : [all.subarray(length)]
    return all.subarray(0, length)
  }

  async need(length: number): Promise<Buffer> {
    if (length === 0) return Buffer.alloc(0)
    const bytes = await this.take(length)
    if (bytes === undefined) throw new Error('the stream ends early')
    return bytes
  }
}
