/**
 * Positions in PostgreSQL's WAL and the names of its files. A position (LSN) is a count of bytes since the cluster was
 * made; WAL lies in files ("segments") of equal size, 16 MiB unless initdb was told otherwise. Source: PostgreSQL
 * documentation "pg_lsn Type" and "WAL Internals", src/include/access/xlog_internal.h.
 */
export type Lsn = bigint

export interface LogPosition {
  readonly timeline: number
  readonly lsn: Lsn
}

export const defaultSegmentBytes = 16 * 1024 * 1024
/** With it a name has the widest meaning: for where the size is not known and only the kind matters. */
export const smallestSegmentBytes = 1024 * 1024

const largestLsn = (1n << 64n) - 1n

/** "0/2000028" → 33554472n; undefined when it is not one. */
export function parseLsn(text: string): Lsn | undefined {
  const match = /^([0-9A-Fa-f]{1,8})\/([0-9A-Fa-f]{1,8})$/.exec(text)
  if (match === null) return undefined
  return (BigInt(`0x${match[1]}`) << 32n) | BigInt(`0x${match[2]}`)
}

/** As the server prints it: "0/2000028". */
export function formatLsn(lsn: Lsn): string {
  return `${hex(lsn >> 32n)}/${hex(lsn & 0xffff_ffffn)}`
}

/** Segment sizes are powers of two from 1 MiB to 1 GiB. */
export function isSegmentSize(bytes: number): boolean {
  return Number.isInteger(bytes) && bytes >= 1 << 20 && bytes <= 1 << 30 && (bytes & (bytes - 1)) === 0
}

/** How many segments lie before the one that holds this position. */
export function segmentNumber(lsn: Lsn, segmentBytes: number): bigint {
  return lsn / BigInt(segmentBytes)
}

export function segmentStart(number: bigint, segmentBytes: number): Lsn {
  return number * BigInt(segmentBytes)
}

/** The first position of the segment that holds this one. */
export function floorToSegment(lsn: Lsn, segmentBytes: number): Lsn {
  return lsn - (lsn % BigInt(segmentBytes))
}

/** "0000000100000000000000A3": timeline, then the number of the segment in two parts whose size depends on its size. */
export function segmentName(timeline: number, number: bigint, segmentBytes: number): string {
  const perLog = 0x1_0000_0000n / BigInt(segmentBytes)
  return hex8(BigInt(timeline)) + hex8(number / perLog) + hex8(number % perLog)
}

export type WalFileName =
  | { readonly kind: 'segment' | 'partial'; readonly timeline: number; readonly number: bigint }
  | { readonly kind: 'history'; readonly timeline: number }
  /** written by pg_backup_stop into the archive; says where a base backup began */
  | { readonly kind: 'backup'; readonly timeline: number; readonly number: bigint }

const segmentPattern = /^([0-9A-F]{8})([0-9A-F]{8})([0-9A-F]{8})(?:(\.partial)|\.[0-9A-F]{8}(\.backup))?$/

/**
 * What a name from outside means (archive_command's %f, a listing), or undefined when it is no name of a WAL file: then
 * it must not become part of a path. A well-formed name holds no separators.
 */
export function parseWalFileName(name: string, segmentBytes: number): WalFileName | undefined {
  const history = /^([0-9A-F]{8})\.history$/.exec(name)
  if (history?.[1] !== undefined) {
    const timeline = Number.parseInt(history[1], 16)
    return timeline === 0 ? undefined : { kind: 'history', timeline }
  }
  const match = segmentPattern.exec(name)
  if (match === null) return undefined
  const timeline = Number.parseInt(match[1] ?? '', 16)
  const perLog = 0x1_0000_0000n / BigInt(segmentBytes)
  const low = BigInt(`0x${match[3]}`)
  if (timeline === 0 || low >= perLog) return undefined
  const number = BigInt(`0x${match[2]}`) * perLog + low
  if (segmentStart(number, segmentBytes) > largestLsn) return undefined
  const kind = match[4] !== undefined ? 'partial' : match[5] !== undefined ? 'backup' : 'segment'
  return { kind, timeline, number }
}

export function historyFileName(timeline: number): string {
  return `${hex8(BigInt(timeline))}.history`
}

function hex(value: bigint): string {
  return value.toString(16).toUpperCase()
}

function hex8(value: bigint): string {
  return hex(value).padStart(8, '0')
}
