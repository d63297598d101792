import { segmentName } from '../lsn.ts'

export interface WrittenRecord {
  /** resource manager and info byte */
  readonly manager: number
  readonly info: number
  readonly xid?: number
  readonly data: Buffer
}

const pageBytes = 8192

/** Writes WAL as PostgreSQL 15 lays it out, without checksums: records over pages and segments, padding, switches. */
export class WalWriter {
  readonly segmentBytes: number
  readonly systemIdentifier: bigint
  readonly #pages: Buffer[] = []
  readonly #startLsn: bigint
  #filled = 0

  constructor(startLsn: bigint, segmentBytes = 1 << 20, systemIdentifier = 7_000_000_000_000_000_001n) {
    this.segmentBytes = segmentBytes
    this.systemIdentifier = systemIdentifier
    this.#startLsn = startLsn
  }

  get lsn(): bigint {
    return this.#startLsn + BigInt(this.#filled)
  }

  /** Returns the position after the record. */
  write({ manager, info, xid = 0, data }: WrittenRecord): bigint {
    const long = data.length > 255
    const dataHeader = Buffer.alloc(long ? 5 : 2)
    dataHeader[0] = long ? 254 : 255
    if (long) dataHeader.writeUInt32LE(data.length, 1)
    else dataHeader[1] = data.length
    const header = Buffer.alloc(24)
    header.writeUInt32LE(24 + dataHeader.length + data.length, 0)
    header.writeUInt32LE(xid, 4)
    header[16] = info
    header[17] = manager
    this.#append(Buffer.concat([header, dataHeader, data]))
    const end = this.lsn
    this.#filled += -this.#filled & 7
    return end
  }

  /** The rest of the segment stays empty. */
  switchSegment(): void {
    this.write({ manager: 0, info: 0x40, data: Buffer.alloc(0) })
    while (this.#filled % this.segmentBytes !== 0) {
      if (this.#filled % pageBytes === 0) this.#page()
      this.#filled += pageBytes - (this.#filled % pageBytes)
    }
  }

  bytes(): Buffer {
    return Buffer.concat(this.#pages).subarray(0, this.#filled)
  }

  /** Whole segments, and what there is of the last, by name. */
  segments(timeline = 1): Map<string, Buffer> {
    const all = this.bytes()
    const segments = new Map<string, Buffer>()
    for (let at = 0; at < all.length; at += this.segmentBytes) {
      const number = (this.#startLsn + BigInt(at)) / BigInt(this.segmentBytes)
      segments.set(segmentName(timeline, number, this.segmentBytes), all.subarray(at, at + this.segmentBytes))
    }
    return segments
  }

  #append(record: Buffer): void {
    let rest = record
    while (rest.length > 0) {
      if (this.#filled % pageBytes === 0) this.#page(rest.length === record.length ? 0 : rest.length)
      const page = this.#pages.at(-1) ?? Buffer.alloc(0)
      const at = this.#filled % pageBytes
      const taken = Math.min(rest.length, pageBytes - at)
      rest.copy(page, at, 0, taken)
      rest = rest.subarray(taken)
      this.#filled += taken
    }
  }

  #page(remaining = 0): void {
    const page = Buffer.alloc(pageBytes)
    const isLong = this.#filled % this.segmentBytes === 0
    page.writeUInt16LE(0xd110, 0)
    page.writeUInt16LE((remaining > 0 ? 1 : 0) | (isLong ? 2 : 0), 2)
    page.writeUInt32LE(1, 4)
    page.writeBigUInt64LE(this.lsn, 8)
    page.writeUInt32LE(remaining, 16)
    if (isLong) {
      page.writeBigUInt64LE(this.systemIdentifier, 24)
      page.writeUInt32LE(this.segmentBytes, 32)
      page.writeUInt32LE(pageBytes, 36)
    }
    this.#pages.push(page)
    this.#filled += isLong ? 40 : 24
  }
}

/** Content of a commit or abort at this time, with something behind it to make it longer. */
export function transactionEnd(microseconds: number, extraBytes = 0): Buffer {
  const data = Buffer.alloc(8 + extraBytes)
  data.writeBigInt64LE(BigInt(microseconds), 0)
  return data
}
