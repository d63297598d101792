import type { IndexSink } from './index-file.ts'

/** How far the scan came; `complete` when the whole file had the expected layout. */
export interface IndexScan {
  readonly complete: boolean
  readonly packs: number
  /** blobs of the last pack */
  readonly blobs: number
  /** what the sink called the last pack */
  readonly packNumber: number
}

const fileStart = Buffer.from('{"packs":[')
const packStart = Buffer.from('{"id":"')
const packMiddle = Buffer.from('","blobs":[')
const blobType = Buffer.from('","type":"')
const data = Buffer.from('data')
const tree = Buffer.from('tree')
const blobOffset = Buffer.from('","offset":')
const blobLength = Buffer.from(',"length":')
const blobRawLength = Buffer.from(',"uncompressed_length":')

const comma = 0x2c
const closeBracket = 0x5d
const closeBrace = 0x7d
const maxUint32 = 0xffffffff

/** value of each lower-case hex digit; 16 for every other byte */
const hexValues = new Uint8Array(256).fill(16)
for (let digit = 0; digit < 16; digit++) hexValues[digit.toString(16).charCodeAt(0)] = digit

/**
 * Reads the one layout that restic writes: no white space, keys in its order, nothing unknown. It stops at the first
 * byte that does not fit, and says what the sink has received until then.
 */
export function scanIndex(bytes: Uint8Array, sink: IndexSink): IndexScan {
  return new Scanner(bytes, sink).run()
}

class Scanner {
  readonly #bytes: Uint8Array
  readonly #sink: IndexSink
  readonly #id = Buffer.alloc(32)
  #at = 0
  #packs = 0
  #blobs = 0
  #packNumber = -1

  constructor(bytes: Uint8Array, sink: IndexSink) {
    this.#bytes = bytes
    this.#sink = sink
  }

  run(): IndexScan {
    const complete = this.#skip(fileStart) && this.#list(() => this.#pack()) && this.#end()
    return { complete, packs: this.#packs, blobs: this.#blobs, packNumber: this.#packNumber }
  }

  /** items separated by commas up to the closing bracket */
  #list(item: () => boolean): boolean {
    if (this.#take(closeBracket)) return true
    do {
      if (!item()) return false
    } while (this.#take(comma))
    return this.#take(closeBracket)
  }

  #pack(): boolean {
    if (!this.#skip(packStart)) return false
    const idAt = this.#at
    if (!this.#hexId() || !this.#skip(packMiddle)) return false
    this.#packNumber = this.#sink.pack(
      Buffer.from(this.#bytes.buffer, this.#bytes.byteOffset + idAt, 64).toString('latin1'),
    )
    this.#packs++
    this.#blobs = 0
    return this.#list(() => this.#blob()) && this.#take(closeBrace)
  }

  #blob(): boolean {
    if (!this.#skip(packStart) || !this.#hexId() || !this.#skip(blobType)) return false
    const isTree = this.#skip(tree)
    if (!isTree && !this.#skip(data)) return false
    if (!this.#skip(blobOffset)) return false
    const offset = this.#number(Number.MAX_SAFE_INTEGER)
    if (offset < 0 || !this.#skip(blobLength)) return false
    const length = this.#number(maxUint32)
    if (length < 0) return false
    const rawLength = this.#skip(blobRawLength) ? this.#number(maxUint32) : 0
    if (rawLength < 0 || !this.#take(closeBrace)) return false
    this.#sink.blob(this.#packNumber, this.#id, isTree, offset, length, rawLength)
    this.#blobs++
    return true
  }

  #end(): boolean {
    if (!this.#take(closeBrace)) return false
    const rest = this.#bytes.length - this.#at
    return rest === 0 || (rest === 1 && this.#bytes[this.#at] === 0x0a)
  }

  #hexId(): boolean {
    const bytes = this.#bytes
    let at = this.#at
    if (at + 64 > bytes.length) return false
    let seen = 0
    for (let i = 0; i < 32; i++) {
      const high = hexValues[bytes[at] ?? 0] ?? 16
      const low = hexValues[bytes[at + 1] ?? 0] ?? 16
      seen |= high | low
      this.#id[i] = (high << 4) | low
      at += 2
    }
    this.#at = at
    return seen < 16
  }

  /** a JSON integer in 0..max, or −1 */
  #number(max: number): number {
    const start = this.#at
    let value = 0
    let digit = (this.#bytes[this.#at] ?? 0) - 0x30
    while (digit >= 0 && digit <= 9 && value <= max) {
      value = value * 10 + digit
      digit = (this.#bytes[++this.#at] ?? 0) - 0x30
    }
    const digits = this.#at - start
    const leadingZero = digits > 1 && this.#bytes[start] === 0x30
    return digits === 0 || leadingZero || value > max ? -1 : value
  }

  #take(byte: number): boolean {
    if (this.#bytes[this.#at] !== byte) return false
    this.#at++
    return true
  }

  #skip(literal: Uint8Array): boolean {
    const bytes = this.#bytes
    const at = this.#at
    for (let i = 0; i < literal.length; i++) if (bytes[at + i] !== literal[i]) return false
    this.#at = at + literal.length
    return true
  }
}
