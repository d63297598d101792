/** Numbers that look random and are the same for the same seed (mulberry32), so that a failure can be repeated. */
export class SeededRandom {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** in [0, 1) */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let t = this.#state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }

  /** a whole number in [0, limit) */
  below(limit: number): number {
    return Math.floor(this.next() * limit)
  }

  /** one of a list that is not empty */
  pick<T>(items: readonly T[]): T {
    const [first] = items
    if (first === undefined) throw new Error('there is nothing to pick from')
    return items[this.below(items.length)] ?? first
  }

  /** bytes that do not compress */
  bytes(length: number): Buffer {
    const bytes = Buffer.alloc(length)
    const whole = Math.floor(length / 4)
    // the same numbers as `next` gives, a word at a time: tests ask for gigabytes in all
    const words = new Uint32Array(whole)
    let state = this.#state
    for (let at = 0; at < whole; at++) {
      state = (state + 0x6d2b79f5) | 0
      let t = Math.imul(state ^ (state >>> 15), state | 1)
      t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
      words[at] = t ^ (t >>> 14)
    }
    this.#state = state >>> 0
    bytes.set(new Uint8Array(words.buffer))
    return bytes
  }
}
