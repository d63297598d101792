/** Repeatable pseudo-random numbers: the same seed gives the same data on every machine (xoshiro128**). */
export class RandomStream {
  #a: number
  #b: number
  #c: number
  #d: number

  constructor(seed: number) {
    // Consecutive seeds must not give similar streams, so each state word is mixed separately (splitmix32).
    let state = seed >>> 0
    const mixed = (): number => {
      state = (state + 0x9e3779b9) >>> 0
      let word = state
      word = Math.imul(word ^ (word >>> 16), 0x21f0aaad)
      word = Math.imul(word ^ (word >>> 15), 0x735a2d97)
      return (word ^ (word >>> 15)) >>> 0
    }
    this.#a = mixed()
    this.#b = mixed()
    this.#c = mixed()
    this.#d = mixed()
  }

  /** A whole number in 0 … 2^32 − 1. */
  word(): number {
    const product = Math.imul(this.#b, 5)
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0
    const shifted = this.#b << 9
    this.#c ^= this.#a
    this.#d ^= this.#b
    this.#b ^= this.#c
    this.#a ^= this.#d
    this.#c ^= shifted
    this.#d = (this.#d << 11) | (this.#d >>> 21)
    return result
  }

  /** A whole number in 0 … limit − 1; the small bias of the remainder does not matter here. */
  below(limit: number): number {
    return this.word() % limit
  }

  /** A number in 0 ≤ x < 1. */
  fraction(): number {
    return this.word() / 2 ** 32
  }

  /** Normally distributed, mean 0 and deviation 1 (Box and Muller 1958). */
  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.fraction())) * Math.cos(2 * Math.PI * this.fraction())
  }

  pick<Item>(items: readonly Item[]): Item {
    const item = items[this.below(items.length)]
    if (item === undefined) throw new Error('nothing to pick from')
    return item
  }
}
