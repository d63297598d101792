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

const fileStart = literal('{"packs":[')
const itemStart = literal('{"id":"')
const packMiddle = literal('","blobs":[')
const dataMiddle = literal('","type":"data","offset":')
const treeMiddle = literal('","type":"tree","offset":')
const blobLength = literal(',"length":')
const blobRawLength = literal(',"uncompressed_length":')

const comma = 0x2c
const closeBracket = 0x5d
const closeBrace = 0x7d
const maxUint32 = 0xffffffff

/** Expected text, to be compared four bytes at a time; the last word overlaps the one before. */
interface Literal {
  readonly length: number
  readonly words: readonly { readonly offset: number; readonly value: number }[]
}

function literal(text: string): Literal {
  const bytes = Buffer.from(text)
  const starts = Array.from({ length: Math.ceil(bytes.length / 4) }, (_, at) => Math.min(at * 4, bytes.length - 4))
  return { length: bytes.length, words: starts.map((offset) => ({ offset, value: bytes.readUInt32LE(offset) })) }
}

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
  readonly #view: DataView
  readonly #sink: IndexSink
  readonly #id = new Uint8Array(32)
  #at = 0
  #packs = 0
  #blobs = 0
  #packNumber = -1

  constructor(bytes: Uint8Array, sink: IndexSink) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    this.#sink = sink
  }

  run(): IndexScan {
    const complete = this.#skip(fileStart) && this.#packList() && this.#end()
    return { complete, packs: this.#packs, blobs: this.#blobs, packNumber: this.#packNumber }
  }

  #packList(): boolean {
    if (this.#take(closeBracket)) return true
    do {
      if (!this.#pack()) return false
    } while (this.#take(comma))
    return this.#take(closeBracket)
  }

  #pack(): boolean {
    if (!this.#skip(itemStart)) return false
    const idAt = this.#at
    if (!this.#hexId() || !this.#skip(packMiddle)) return false
    const id = Buffer.from(this.#bytes.buffer, this.#bytes.byteOffset + idAt, 64).toString('latin1')
    this.#packNumber = this.#sink.pack(id)
    this.#packs++
    this.#blobs = 0
    return this.#blobList() && this.#take(closeBrace)
  }

  #blobList(): boolean {
    if (this.#take(closeBracket)) return true
    do {
      if (!this.#blob()) return false
    } while (this.#take(comma))
    return this.#take(closeBracket)
  }

  #blob(): boolean {
    if (!this.#skip(itemStart) || !this.#hexId()) return false
    const isData = this.#skip(dataMiddle)
    if (!isData && !this.#skip(treeMiddle)) return false
    const offset = this.#number(Number.MAX_SAFE_INTEGER)
    if (offset < 0 || !this.#skip(blobLength)) return false
    const length = this.#number(maxUint32)
    if (length < 0) return false
    const rawLength = this.#skip(blobRawLength) ? this.#number(maxUint32) : 0
    if (rawLength < 0 || !this.#take(closeBrace)) return false
    this.#sink.blob(this.#packNumber, this.#id, !isData, offset, length, rawLength)
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
    const id = this.#id
    let at = this.#at
    if (at + 64 > bytes.length) return false
    let seen = 0
    for (let i = 0; i < 32; i++) {
      const high = hexValues[bytes[at] ?? 0] ?? 16
      const low = hexValues[bytes[at + 1] ?? 0] ?? 16
      seen |= high | low
      id[i] = (high << 4) | low
      at += 2
    }
    this.#at = at
    return seen < 16
  }

  /** a JSON integer in 0..max, or −1 */
  #number(max: number): number {
    const bytes = this.#bytes
    const start = this.#at
    let at = start
    let value = 0
    let digit = (bytes[at] ?? 0) - 0x30
    while (digit >= 0 && digit <= 9 && value <= max) {
      value = value * 10 + digit
      digit = (bytes[++at] ?? 0) - 0x30
    }
    this.#at = at
    const leadingZero = at - start > 1 && bytes[start] === 0x30
    return at === start || leadingZero || value > max ? -1 : value
  }

  #take(byte: number): boolean {
    if (this.#bytes[this.#at] !== byte) return false
    this.#at++
    return true
  }

  #skip({ length, words }: Literal): boolean {
    const at = this.#at
    if (at + length > this.#bytes.length) return false
    for (const { offset, value } of words) if (this.#view.getUint32(at + offset, true) !== value) return false
    this.#at = at + length
    return true
  }
}
