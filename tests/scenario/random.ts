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
    for (let at = 0; at + 4 <= length; at += 4) bytes.writeUInt32LE(Math.floor(this.next() * 4294967296), at)
    return bytes
  }
}
