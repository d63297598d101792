const blockBytes = 1 << 20

/**
 * Keeps very many texts of a few hundred bytes as bytes in large blocks. As strings, put together from dozens of pieces, they
 * would take ten times as much of the heap.
 */
export class TextStore {
  readonly #blocks: Buffer[] = []
  /** of the newest block */
  #used = 0
  /** by handle: the block, and where in it a text begins and ends */
  readonly #block: number[] = []
  readonly #start: number[] = []
  readonly #end: number[] = []

  /** Returns a handle for `bytesOf`: 0, 1, 2 and so on. */
  add(text: string): number {
    const length = Buffer.byteLength(text)
    if (this.#used + length > (this.#blocks.at(-1)?.length ?? -1)) {
      this.#blocks.push(Buffer.allocUnsafeSlow(Math.max(blockBytes, length)))
      this.#used = 0
    }
    this.#blocks.at(-1)?.write(text, this.#used, length, 'utf8')
    this.#start.push(this.#used)
    this.#used += length
    this.#end.push(this.#used)
    return this.#block.push(this.#blocks.length - 1) - 1
  }

  bytesOf(handle: number): Uint8Array {
    const block = this.#blocks[this.#block[handle] ?? -1]
    if (block === undefined) throw new Error(`there is no text ${handle}`)
    return block.subarray(this.#start[handle], this.#end[handle])
  }
}
