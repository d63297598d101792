/** The header of a page of WAL. Source: src/include/access/xlog_internal.h, XLogPageHeaderData. */
export interface WalPageHeader {
  readonly timeline: number
  /** LSN of the page's first byte, in two halves */
  readonly addressHigh: number
  readonly addressLow: number
  /** bytes of the record that began on an earlier page; 0 when the page begins with a new one */
  readonly remainingBytes: number
  readonly headerBytes: number
}

/** Stands at the start of every segment in addition. */
export interface WalSegmentHeader {
  readonly systemIdentifier: bigint
  readonly segmentBytes: number
  readonly pageBytes: number
}

const pageHeaderBytes = 24
export const segmentHeaderBytes = 40

const continuesRecord = 1
const isLong = 2

/** XLOG_PAGE_MAGIC of each major version; it changes whenever anything in WAL does. */
const versionOfMagic: ReadonlyMap<number, number> = new Map([
  [0xd106, 13],
  [0xd10d, 14],
  [0xd110, 15],
  [0xd113, 16],
  [0xd116, 17],
  [0xd118, 18],
])

/** The server's major version; undefined when it is none of those supported, or no WAL. */
export function walVersion(page: Buffer): number | undefined {
  return versionOfMagic.get(page.readUInt16LE(0))
}

/** How long the header is that begins with these bytes (at least 4). */
export function headerBytesOf(page: Buffer): number {
  return (page.readUInt16LE(2) & isLong) === 0 ? pageHeaderBytes : segmentHeaderBytes
}

export function parsePageHeader(page: Buffer): WalPageHeader {
  const continues = (page.readUInt16LE(2) & continuesRecord) !== 0
  return {
    timeline: page.readUInt32LE(4),
    addressLow: page.readUInt32LE(8),
    addressHigh: page.readUInt32LE(12),
    remainingBytes: continues ? page.readUInt32LE(16) : 0,
    headerBytes: headerBytesOf(page),
  }
}

/** `page`: at least 40 bytes, of a page with the long header. */
export function parseSegmentHeader(page: Buffer): WalSegmentHeader {
  return {
    systemIdentifier: page.readBigUInt64LE(24),
    segmentBytes: page.readUInt32LE(32),
    pageBytes: page.readUInt32LE(36),
  }
}
