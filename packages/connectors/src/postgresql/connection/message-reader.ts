/** One message of the server: its type as a letter and what follows the length. Valid until the next is asked for. */
export interface ServerMessage {
  readonly type: string
  readonly body: Buffer
}

/** The bytes are not the protocol's. The connection turns this into an error that names the server. */
export class MalformedMessage extends Error {}

/** Holds what comes while a message is looked at. */
const slabBytes = 4 << 20

/**
 * Finds the messages in the bytes of a socket. They are copied into memory that is used again and again, so that a stream of
 * gigabytes leaves nothing for the collector of garbage; a message is a view of it, valid until the next is asked for. Memory
 * is what was received, never what a length field claims, and the work is linear.
 */
export class MessageReader {
  #slab: Buffer = Buffer.alloc(0)
  /** another one, for what comes when the first is full */
  #spare: Buffer | undefined
  /** what was received and not handed on */
  #start = 0
  #end = 0
  /** The slab that the message handed on last lies in; undefined when it is not looked at any more. */
  #shown: Buffer | undefined
  #type = 0
  #bodyBytes = -1
  /** The longest message taken: small until the server is known, so that a stranger cannot fill the memory. */
  limitBytes: number

  constructor(limitBytes: number) {
    this.limitBytes = limitBytes
  }

  get bufferedBytes(): number {
    return this.#end - this.#start
  }

  /** Copies the piece. */
  push(piece: Uint8Array): void {
    if (this.#end + piece.length > this.#slab.length) this.#makeRoom(this.bufferedBytes + piece.length)
    this.#slab.set(piece, this.#end)
    this.#end += piece.length
  }

  /** The next whole message; undefined when it is not there yet. Throws MalformedMessage. */
  next(): ServerMessage | undefined {
    this.#shown = undefined
    if (this.#bodyBytes < 0 && !this.#readHeader()) return undefined
    if (this.bufferedBytes < this.#bodyBytes) return undefined
    const body = this.#take(this.#bodyBytes)
    this.#bodyBytes = -1
    this.#shown = this.#slab
    return { type: String.fromCharCode(this.#type), body }
  }

  #readHeader(): boolean {
    if (this.bufferedBytes < 5) {
      this.#rewind()
      return false
    }
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
    const view = this.#slab.subarray(this.#start, this.#start + count)
    this.#start += count
    return view
  }

  /** Nobody looks at anything, and next to nothing is left: the slab is filled from its beginning again. */
  #rewind(): void {
    if (this.#start === 0) return
    this.#slab.copyWithin(0, this.#start, this.#end)
    this.#end -= this.#start
    this.#start = 0
  }

  /** Moves what was not handed on to the beginning of a slab that nobody looks at, with room for so much. */
  #makeRoom(neededBytes: number): void {
    // doubled, so that a long message in small pieces is moved a few times only
    const sizeBytes = neededBytes <= slabBytes ? slabBytes : Math.max(neededBytes, 2 * this.bufferedBytes)
    const full = this.#slab
    const isFree = this.#spare !== undefined && this.#spare !== this.#shown && this.#spare.length >= sizeBytes
    const target = isFree && this.#spare !== undefined ? this.#spare : Buffer.allocUnsafeSlow(sizeBytes)
    full.copy(target, 0, this.#start, this.#end)
    this.#end -= this.#start
    this.#start = 0
    this.#slab = target
    // one that a long message needed is not kept
    this.#spare = full.length === slabBytes ? full : undefined
  }
}

function isLetter(code: number): boolean {
  // Types in use: letters, and none other has ever been.
  return (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a)
}
