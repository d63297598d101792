import { AppError } from '@holdfast/core/errors/app-error'
import { formatLsn, floorToSegment, type Lsn } from './lsn.ts'
import {
  headerBytesOf,
  parsePageHeader,
  parseSegmentHeader,
  segmentHeaderBytes,
  walVersion,
  type WalPageHeader,
} from './wal-page.ts'
import { isOfInterest, parseRecord, recordHeaderBytes, type WalRecord } from './wal-record.ts'

/** Longer records of interest (a commit with a quarter of a million subtransactions) are read by their first part. */
const keptLimitBytes = 1 << 20
/** A record handed from one segment's facts to the next is not worth more room than this. */
const openRecordLimitBytes = 8 << 10

export interface WalReaderOptions {
  /** where reading begins: the start of a segment */
  readonly startLsn: Lsn
  readonly segmentBytes: number
  /** WAL of any other cluster fails with POSTGRES_OTHER_CLUSTER */
  readonly systemIdentifier?: string
  /** what `openRecord()` gave when another reader had come to `startLsn` */
  readonly openRecord?: string
  /** `endLsn`: after the record's last byte */
  onRecord(record: WalRecord, endLsn: Lsn): void
  /** Something is not as WAL should be; reading goes on at the next page. */
  onDamage(lsn: Lsn, reason: string): void
}

/**
 * Finds the records of interest in WAL as it comes, in pieces of any size. A start in the middle of a record is no
 * problem: what belongs to it is passed over. Records that go over pages and segments are put together. Record checksums
 * are not computed.
 */
export class WalReader {
  readonly #options: WalReaderOptions
  #pageBytes = 8192
  /** LSN of the current segment's first byte, and how far into it reading has come */
  #segmentLsn: Lsn
  #offset = 0
  #headerFilled = 0
  readonly #header = Buffer.alloc(segmentHeaderBytes)
  /** The record being read: its length (0: not known yet), and how much of it has gone by. */
  #total = 0
  #passed = 0
  #isKeeping = false
  #kept = Buffer.alloc(4096)
  /** bytes of a record whose beginning is unknown, and of the filling up to the next record */
  #skip = 0
  /** what comes up to the end of the segment, or of the page, means nothing */
  #idle: 'no' | 'page' | 'segment' = 'no'
  #systemIdentifier: string | undefined

  constructor(options: WalReaderOptions) {
    this.#options = options
    this.#segmentLsn = floorToSegment(options.startLsn, options.segmentBytes)
    if (this.#segmentLsn !== options.startLsn) throw new Error('WAL is read from the start of a segment')
    if (options.openRecord !== undefined) this.#resume(Buffer.from(options.openRecord, 'hex'))
  }

  /** Up to here everything was read. */
  get position(): Lsn {
    return this.#segmentLsn + BigInt(this.#offset)
  }

  /** of the cluster that wrote the last segment that was begun */
  get systemIdentifier(): string | undefined {
    return this.#systemIdentifier
  }

  /** The part so far of a record that is not complete and may be of interest, in hex. */
  openRecord(): string | undefined {
    if (!this.#isKeeping || this.#passed === 0 || this.#passed > openRecordLimitBytes) return undefined
    return this.#kept.toString('hex', 0, this.#passed)
  }

  /** The bytes that follow those read before. */
  read(piece: Uint8Array): void {
    const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength)
    let at = 0
    while (at < bytes.length) {
      const inPage = this.#offset % this.#pageBytes
      const isInHeader = inPage === 0 || this.#headerFilled > 0
      if (isInHeader && this.#idle !== 'segment') {
        const taken = this.#readHeader(bytes, at)
        at += taken
        this.#advance(taken)
        continue
      }
      const taken = Math.min(this.#pageBytes - inPage, bytes.length - at)
      if (this.#idle === 'no') this.#readPage(bytes, at, at + taken)
      at += taken
      this.#advance(taken)
    }
  }

  #advance(count: number): void {
    this.#offset += count
    if (this.#offset % this.#pageBytes === 0 && this.#idle === 'page') this.#idle = 'no'
    if (this.#offset < this.#options.segmentBytes) return
    this.#segmentLsn += BigInt(this.#options.segmentBytes)
    this.#offset = 0
    this.#idle = 'no'
  }

  /** Collects a page's header; returns how many bytes belonged to it. */
  #readHeader(bytes: Buffer, at: number): number {
    const needed = this.#headerFilled < 4 ? 4 : headerBytesOf(this.#header)
    const taken = Math.min(needed - this.#headerFilled, bytes.length - at)
    bytes.copy(this.#header, this.#headerFilled, at, at + taken)
    this.#headerFilled += taken
    const isComplete = this.#headerFilled > 4 && this.#headerFilled === needed
    if (!isComplete) return taken
    this.#headerFilled = 0
    const pageOffset = this.#offset + taken - needed
    const reason = this.#headerProblem(pageOffset)
    if (reason === undefined) this.#beginPage(parsePageHeader(this.#header))
    else this.#giveUp(pageOffset, reason)
    return taken
  }

  #headerProblem(pageOffset: number): string | undefined {
    const { addressHigh, addressLow, headerBytes } = parsePageHeader(this.#header)
    const page = this.#segmentLsn + BigInt(pageOffset)
    const address = (BigInt(addressHigh) << 32n) | BigInt(addressLow)
    if (walVersion(this.#header) === undefined) return 'the page is not one of PostgreSQL 13 to 18'
    if (address !== page) return `the page says that it belongs at ${formatLsn(address)}`
    if ((pageOffset === 0) !== (headerBytes === segmentHeaderBytes)) return 'the page has the wrong kind of header'
    return pageOffset === 0 ? this.#segmentProblem(page) : undefined
  }

  #segmentProblem(page: Lsn): string | undefined {
    const { systemIdentifier, segmentBytes, pageBytes } = parseSegmentHeader(this.#header)
    this.#systemIdentifier = systemIdentifier.toString()
    const expected = this.#options.systemIdentifier
    if (expected !== undefined && expected !== this.#systemIdentifier) {
      const what = `WAL at ${formatLsn(page)}`
      throw new AppError('POSTGRES_OTHER_CLUSTER', { what, found: this.#systemIdentifier, expected })
    }
    if (segmentBytes !== this.#options.segmentBytes) return `its segments have ${segmentBytes} bytes`
    const isPageSize = pageBytes >= 1024 && pageBytes <= 65_536 && (pageBytes & (pageBytes - 1)) === 0
    if (!isPageSize) return `its pages have ${pageBytes} bytes`
    this.#pageBytes = pageBytes
    return undefined
  }

  /** Nothing more can be understood before the next page: the record that was open is lost. */
  #giveUp(offset: number, reason: string): void {
    this.#forgetRecord()
    this.#idle = 'page'
    this.#options.onDamage(this.#segmentLsn + BigInt(offset), reason)
  }

  #beginPage({ remainingBytes }: WalPageHeader): void {
    const isOpen = this.#passed > 0
    const isExpected = isOpen && this.#total - this.#passed === remainingBytes
    // The server died while it wrote a record, and wrote another in its place; or reading began within a record.
    if (isOpen && !isExpected) this.#forgetRecord()
    if (!isExpected) this.#skip = remainingBytes === 0 ? 0 : align(remainingBytes)
  }

  #forgetRecord(): void {
    this.#total = 0
    this.#passed = 0
    this.#skip = 0
    this.#isKeeping = false
  }

  #resume(kept: Buffer): void {
    if (kept.length < 4 || kept.length > openRecordLimitBytes) return
    this.#kept = Buffer.concat([kept, Buffer.alloc(4096)])
    this.#passed = kept.length
    this.#total = kept.readUInt32LE(0)
    this.#isKeeping = true
  }

  /** `at` to `stop` lie on one page, behind its header. */
  #readPage(bytes: Buffer, from: number, stop: number): void {
    // what an index in `bytes` is as an offset in the segment
    const toOffset = this.#offset - from
    let at = from
    while (at < stop) {
      if (this.#skip > 0) {
        const taken = Math.min(this.#skip, stop - at)
        this.#skip -= taken
        at += taken
      } else if (this.#passed === 0 && stop - at >= recordHeaderBytes) {
        const total = bytes.readUInt32LE(at)
        if (total < recordHeaderBytes) return this.#stopAt(total, at + toOffset)
        if (total > stop - at) at = this.#open(bytes, at, stop)
        else {
          const end = at + total
          if (isOfInterest(bytes[at + 16] ?? 0, bytes[at + 17] ?? 0)) this.#report(bytes, at, end, end + toOffset)
          // Records begin at multiples of 8, as pages do.
          at = end + (-(end + toOffset) & 7)
          if (this.#idle !== 'no') return
          if (at > stop) this.#skip = at - stop
        }
      } else {
        at = this.#append(bytes, at, stop, toOffset)
        if (this.#idle !== 'no') return
      }
    }
  }

  /** A length that no record has: zeros where WAL ends in a file filled up, anything else is damage. */
  #stopAt(total: number, offset: number): void {
    this.#forgetRecord()
    if (total === 0) this.#idle = 'segment'
    else this.#giveUp(offset, `a record says that it has ${total} bytes`)
  }

  #open(bytes: Buffer, at: number, stop: number): number {
    this.#total = bytes.readUInt32LE(at)
    this.#passed = 0
    this.#isKeeping = isOfInterest(bytes[at + 16] ?? 0, bytes[at + 17] ?? 0)
    if (this.#isKeeping) this.#keep(bytes, at, stop)
    this.#passed = stop - at
    return stop
  }

  /** Takes more of a record that lies in several pieces. */
  #append(bytes: Buffer, at: number, stop: number, toOffset: number): number {
    if (this.#passed === 0) this.#isKeeping = true
    const wanted =
      this.#passed < 4 ? 4 : this.#passed < recordHeaderBytes ? Math.min(recordHeaderBytes, this.#total) : this.#total
    const taken = Math.min(wanted - this.#passed, stop - at)
    if (this.#isKeeping) this.#keep(bytes, at, at + taken)
    this.#passed += taken
    const end = at + taken
    if (this.#passed === 4) {
      this.#total = this.#kept.readUInt32LE(0)
      if (this.#total < recordHeaderBytes) {
        this.#stopAt(this.#total, at + toOffset)
        return stop
      }
    } else if (this.#passed === recordHeaderBytes && this.#isKeeping) {
      this.#isKeeping = isOfInterest(this.#kept[16] ?? 0, this.#kept[17] ?? 0)
    }
    if (this.#passed < this.#total || this.#passed < recordHeaderBytes) return end
    if (this.#isKeeping) this.#report(this.#kept, 0, Math.min(this.#total, keptLimitBytes), end + toOffset)
    this.#forgetRecord()
    this.#skip = -(end + toOffset) & 7
    return end
  }

  #keep(bytes: Buffer, from: number, to: number): void {
    const room = keptLimitBytes - this.#passed
    if (room <= 0) return
    const until = Math.min(to, from + room)
    const needed = this.#passed + until - from
    if (needed > this.#kept.length) {
      this.#kept = Buffer.concat([this.#kept], Math.min(keptLimitBytes, Math.max(needed, this.#kept.length * 2)))
    }
    bytes.copy(this.#kept, this.#passed, from, until)
  }

  #report(bytes: Buffer, start: number, end: number, endOffset: number): void {
    const record = parseRecord(bytes, start, end)
    if (record === undefined) return
    if (record.type === 'segment-switched') this.#idle = 'segment'
    this.#options.onRecord(record, this.#segmentLsn + BigInt(endOffset))
  }
}

function align(length: number): number {
  return (length + 7) & ~7
}
