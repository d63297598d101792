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
      if (!(await this.#fill())) {
        if (this.#length === 0) return undefined
        throw new Error('the stream ends early')
      }
    }
    const [first] = this.#waiting
    const all = this.#waiting.length === 1 && first !== undefined ? first : Buffer.concat(this.#waiting)
    this.#length -= length
    this.#waiting = this.#length === 0 ? [] : [all.subarray(length)]
    return all.subarray(0, length)
  }

  /** At least one byte and at most so many, as they came: nothing is copied. */
  async some(most: number): Promise<Buffer> {
    if (this.#length === 0) await this.#more()
    const first = this.#waiting.shift() ?? Buffer.alloc(0)
    const bytes = first.subarray(0, most)
    if (bytes.length < first.length) this.#waiting.unshift(first.subarray(most))
    this.#length -= bytes.length
    return bytes
  }

  async need(length: number): Promise<Buffer> {
    if (length === 0) return Buffer.alloc(0)
    const bytes = await this.take(length)
    if (bytes === undefined) throw new Error('the stream ends early')
    return bytes
  }

  async #more(): Promise<void> {
    if (!(await this.#fill())) throw new Error('the stream ends early')
  }

  /** False at the end. */
  async #fill(): Promise<boolean> {
    for (;;) {
      const next = await this.#input.next()
      if (next.done === true) return false
      if (next.value.length === 0) continue
      this.#waiting.push(Buffer.from(next.value.buffer, next.value.byteOffset, next.value.length))
      this.#length += next.value.length
      return true
    }
  }
}
