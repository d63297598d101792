/** "More bytes are needed": what the parsing generators yield. */
export type Hunger = Generator<undefined, void, undefined>

const longestText = 256 << 20

/**
 * Bytes that come in pieces of any size, for a parser that is a generator: it yields when it needs more. Fails by
 * RangeError for what cannot be a dump.
 */
export class ByteFeed {
  #buffer: Buffer = Buffer.alloc(0)
  #at = 0
  #before = 0
  #integerBytes = 4

  /** bytes consumed so far */
  get position(): number {
    return this.#before + this.#at
  }

  /** no bytes wait */
  get isEmpty(): boolean {
    return this.#at === this.#buffer.length
  }

  add(bytes: Uint8Array): void {
    const more = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#before += this.#at
    this.#buffer = this.isEmpty ? more : Buffer.concat([this.#buffer.subarray(this.#at), more])
    this.#at = 0
  }

  set integerBytes(count: number) {
    if (count < 2 || count > 6) throw new RangeError(`integers of ${count} bytes`)
    this.#integerBytes = count
  }

  *need(count: number): Hunger {
    while (this.#buffer.length - this.#at < count) yield
  }

  *byte(): Generator<undefined, number, undefined> {
    if (this.isEmpty) yield* this.need(1)
    return this.#buffer[this.#at++] ?? 0
  }

  /** a sign, then the amount with the least byte first */
  *integer(): Generator<undefined, number, undefined> {
    const count = this.#integerBytes
    if (this.#buffer.length - this.#at <= count) yield* this.need(1 + count)
    const sign = this.#buffer[this.#at]
    const amount = this.#buffer.readUIntLE(this.#at + 1, count)
    this.#at += 1 + count
    if (sign !== 0 && sign !== 1) throw new RangeError(`a sign of ${sign}`)
    return sign === 1 ? -amount : amount
  }

  /** its length, then UTF-8; undefined is -1 long */
  *text(): Generator<undefined, string | undefined, undefined> {
    const length = yield* this.integer()
    if (length < 0) return undefined
    if (length > longestText) throw new RangeError(`a text of ${length} bytes`)
    yield* this.need(length)
    this.#at += length
    return this.#buffer.toString('utf8', this.#at - length, this.#at)
  }

  /** Passes over the next bytes. */
  *skip(length: number): Hunger {
    yield* this.#pass(length, () => {})
  }

  /**
   * Pieces, each behind its length, up to one of length 0. They are millions and small, so that those which are there
   * as a whole are shown without a generator's detours: `look` gets a buffer and a range in it, valid until it returns.
   */
  *pieces(look: (buffer: Buffer, from: number, to: number) => void): Hunger {
    const head = 1 + this.#integerBytes
    for (;;) {
      const buffer = this.#buffer
      let at = this.#at
      while (buffer.length - at >= head && buffer[at] === 0) {
        const length = buffer.readUIntLE(at + 1, head - 1)
        if (buffer.length - at - head < length || length === 0) break
        look(buffer, at + head, at + head + length)
        at += head + length
      }
      this.#at = at
      const length = yield* this.integer()
      if (length === 0) return
      if (length < 0) throw new RangeError(`a piece of ${length} bytes`)
      yield* this.#pass(length, look)
    }
  }

  *#pass(length: number, look: (buffer: Buffer, from: number, to: number) => void): Hunger {
    let left = length
    while (left > 0) {
      if (this.isEmpty) yield
      const taken = Math.min(left, this.#buffer.length - this.#at)
      if (taken > 0) look(this.#buffer, this.#at, this.#at + taken)
      this.#at += taken
      left -= taken
    }
  }
}
