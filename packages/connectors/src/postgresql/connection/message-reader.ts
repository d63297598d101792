/** One message of the server: its type as a letter and what follows the length. */
export interface ServerMessage {
  readonly type: string
  readonly body: Buffer
}

/** The bytes are not the protocol's. The connection turns this into an error that names the server. */
export class MalformedMessage extends Error {}

/**
 * Finds the messages in the bytes of a socket. A message that lies in one piece is handed on as a view of it; one that
 * lies in several is put together once, when its last byte is there, so the work is linear and memory is what was
 * received, never what a length field claims.
 */
export class MessageReader {
  #pieces: Buffer[] = []
  /** the first piece not used up, and how much of it is */
  #first = 0
  #offset = 0
  #bufferedBytes = 0
  #type = 0
  #bodyBytes = -1
  /** The longest message taken: small until the server is known, so that a stranger cannot fill the memory. */
  limitBytes: number

  constructor(limitBytes: number) {
    this.limitBytes = limitBytes
  }

  get bufferedBytes(): number {
    return this.#bufferedBytes
  }

  push(piece: Buffer): void {
    if (piece.length === 0) return
    this.#pieces.push(piece)
    this.#bufferedBytes += piece.length
  }

  /** The next whole message; undefined when it is not there yet. Throws MalformedMessage. */
  next(): ServerMessage | undefined {
    if (this.#bodyBytes < 0 && !this.#readHeader()) return undefined
    if (this.#bufferedBytes < this.#bodyBytes) return undefined
    const body = this.#take(this.#bodyBytes)
    this.#bodyBytes = -1
    return { type: String.fromCharCode(this.#type), body }
  }

  #readHeader(): boolean {
    if (this.#bufferedBytes < 5) return false
    const header = this.#take(5)
    const type = header.readUInt8(0)
    const length = header.readUInt32BE(1)
    if (!isLetter(type)) throw new MalformedMessage(`a message of type 0x${type.toString(16).padStart(2, '0')}`)
    if (length < 4 || length - 4 > this.limitBytes) throw new MalformedMessage(`a message of ${length} bytes`)
    this.#type = type
    this.#bodyBytes = length - 4
    return true
  }

  #take(count: number): Buffer {
    const piece = this.#pieces[this.#first]
    if (count === 0 || piece === undefined) return Buffer.alloc(0)
    this.#bufferedBytes -= count
    if (piece.length - this.#offset >= count) {
      const view = piece.subarray(this.#offset, this.#offset + count)
      this.#advance(piece, count)
      return view
    }
    return this.#gather(count)
  }

  #gather(count: number): Buffer {
    const whole = Buffer.allocUnsafeSlow(count)
    let filled = 0
    while (filled < count) {
      const piece = this.#pieces[this.#first]
      if (piece === undefined) break
      const part = Math.min(count - filled, piece.length - this.#offset)
      piece.copy(whole, filled, this.#offset, this.#offset + part)
      filled += part
      this.#advance(piece, part)
    }
    return whole
  }

  #advance(piece: Buffer, count: number): void {
    this.#offset += count
    if (this.#offset < piece.length) return
    this.#offset = 0
    this.#first += 1
    // Dropping used pieces one by one would move the rest of the list each time.
    if (this.#first === this.#pieces.length || this.#first >= 64) {
      this.#pieces.splice(0, this.#first)
      this.#first = 0
    }
  }
}

function isLetter(code: number): boolean {
  // Types in use: letters, and none other has ever been.
  return (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a)
}
