/** Bytes that arrive in pieces of any size, taken in pieces of wanted sizes. */
export class ByteQueue {
  readonly #nextBytes: () => Promise<Uint8Array | undefined>
  #piece: Uint8Array = new Uint8Array()

  /** `nextBytes`: undefined at the end */
  constructor(nextBytes: () => Promise<Uint8Array | undefined>) {
    this.#nextBytes = nextBytes
  }

  /** At most so many bytes, and at least one; a view of what arrived, valid until more is asked for. Undefined at the end. */
  async some(mostBytes: number): Promise<Uint8Array | undefined> {
    while (this.#piece.length === 0) {
      const piece = await this.#nextBytes()
      if (piece === undefined) return undefined
      this.#piece = piece
    }
    const taken = this.#piece.subarray(0, mostBytes)
    this.#piece = this.#piece.subarray(taken.length)
    return taken
  }

  /** So many bytes, valid as long; fewer when the end comes first; undefined at the end. */
  async exactly(sizeBytes: number): Promise<Uint8Array | undefined> {
    const first = await this.some(sizeBytes)
    if (first === undefined || first.length === sizeBytes) return first
    // each is valid until the next arrives
    const pieces = [Uint8Array.from(first)]
    let missing = sizeBytes - first.length
    while (missing > 0) {
      const piece = await this.some(missing)
      if (piece === undefined) break
      pieces.push(Uint8Array.from(piece))
      missing -= piece.length
    }
    return Buffer.concat(pieces)
  }
}
