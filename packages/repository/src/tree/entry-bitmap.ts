/** A set of index entries, one bit each, in memory that all threads share. */
export class EntryBitmap {
  readonly shared: SharedArrayBuffer
  readonly #words: Int32Array

  private constructor(shared: SharedArrayBuffer) {
    this.shared = shared
    this.#words = new Int32Array(shared)
  }

  static create(entries: number): EntryBitmap {
    // one word at least: V8 refuses to copy shared memory of no length
    return new EntryBitmap(new SharedArrayBuffer(Math.max(1, Math.ceil(entries / 32)) * 4))
  }

  static attach(shared: SharedArrayBuffer): EntryBitmap {
    return new EntryBitmap(shared)
  }

  /** True for the one call, of all threads, that added the entry. */
  add(entry: number): boolean {
    const bit = 1 << (entry & 31)
    return (Atomics.or(this.#words, entry >>> 5, bit) & bit) === 0
  }

  has(entry: number): boolean {
    return ((this.#words[entry >>> 5] ?? 0) & (1 << (entry & 31))) !== 0
  }

  count(): number {
    let sum = 0
    for (let word of this.#words) for (; word !== 0; word &= word - 1) sum++
    return sum
  }
}
