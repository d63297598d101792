/**
 * The few kinds of WAL record that say what can be recovered: ends of transactions, restore points, changes of wal_level
 * and of the timeline. Source: src/include/access/{xlogrecord,xact,xlog_internal}.h and xlog.h of PostgreSQL 13 to 18.
 */
export type WalRecord = TransactionEnd | RestorePointMade | WalLevelChanged | RecoveryEnded | SegmentSwitched

export interface TransactionEnd {
  readonly type: 'commit' | 'abort'
  /** since 2000-01-01 UTC; a safe integer until the year 2285 */
  readonly microseconds: number
  /** of the transaction that ended; for a prepared one not that of the session which ended it */
  readonly xid: number
  readonly wasPrepared: boolean
}

export interface RestorePointMade {
  readonly type: 'restore-point'
  readonly microseconds: number
  readonly name: string
}

export interface WalLevelChanged {
  readonly type: 'wal-level'
  readonly isMinimal: boolean
}

/** The first record of a new timeline. */
export interface RecoveryEnded {
  readonly type: 'recovery-ended'
  readonly microseconds: number
  readonly timeline: number
  readonly previousTimeline: number
}

/** The rest of the segment is empty: pg_switch_wal, archive_timeout, the end of a base backup. */
export interface SegmentSwitched {
  readonly type: 'segment-switched'
}

export const recordHeaderBytes = 24

const xlogManager = 0
const transactionManager = 1

const xlogKind = { switch: 0x40, parameters: 0x60, restorePoint: 0x70, endOfRecovery: 0x90 }
const transactionKind = { commit: 0x00, abort: 0x20, commitPrepared: 0x30, abortPrepared: 0x40 }
const hasInfo = 0x80

/** Whether a record may be one of those above. `info` and `manager`: bytes 16 and 17 of its header. */
export function isOfInterest(info: number, manager: number): boolean {
  if (manager === transactionManager) {
    const kind = info & 0x70
    return kind <= transactionKind.abortPrepared && kind !== 0x10
  }
  if (manager !== xlogManager) return false
  const kind = info & 0xf0
  return (
    kind === xlogKind.switch ||
    kind === xlogKind.parameters ||
    kind === xlogKind.restorePoint ||
    kind === xlogKind.endOfRecovery
  )
}

/**
 * Reads a record of interest that lies in `bytes` from `start` to `end`; undefined when it is another after all or does not
 * hold what its kind should. A record cut short at `end` is read as far as it goes.
 */
export function parseRecord(bytes: Buffer, start: number, end: number): WalRecord | undefined {
  const info = bytes[start + 16] ?? 0
  const at = mainDataOffset(bytes, start + recordHeaderBytes, end)
  if (bytes[start + 17] === transactionManager) return transactionEnd(bytes, { start, at, end, info })
  switch (info & 0xf0) {
    case xlogKind.switch:
      return { type: 'segment-switched' }
    case xlogKind.parameters:
      return at + 24 <= end ? { type: 'wal-level', isMinimal: bytes.readInt32LE(at + 20) === 0 } : undefined
    case xlogKind.restorePoint:
      return restorePoint(bytes, at, end)
    case xlogKind.endOfRecovery:
      return recoveryEnded(bytes, at, end)
  }
  return undefined
}

/** Where a record's own data begin: after the headers of its parts. `end` when it cannot be found. */
function mainDataOffset(bytes: Buffer, start: number, end: number): number {
  let at = start
  while (at < end) {
    switch (bytes[at]) {
      case 255: // short: one byte of length
        return at + 2
      case 254: // long: four bytes
        return at + 5
      case 253: // replication origin
        at += 3
        break
      case 252: // top-level transaction
        at += 5
        break
      default: // a page reference: records of interest have none
        return end
    }
  }
  return end
}

interface RecordPlace {
  readonly start: number
  /** of its main data */
  readonly at: number
  readonly end: number
  readonly info: number
}

function transactionEnd(bytes: Buffer, place: RecordPlace): TransactionEnd | undefined {
  const { start, at, end, info } = place
  const kind = info & 0x70
  if (at + 8 > end) return undefined
  const isCommit = kind === transactionKind.commit || kind === transactionKind.commitPrepared
  const wasPrepared = kind === transactionKind.commitPrepared || kind === transactionKind.abortPrepared
  const own = bytes.readUInt32LE(start + 4)
  return {
    type: isCommit ? 'commit' : 'abort',
    microseconds: readMicroseconds(bytes, at),
    xid: wasPrepared ? (preparedXid(bytes, place, isCommit) ?? own) : own,
    wasPrepared,
  }
}

/** Optional parts of a transaction's end, in the order in which they stand: bit, fixed bytes or bytes per counted item. */
const transactionParts = [
  { bit: 1 << 0, fixedBytes: 8, itemBytes: 0, onlyCommit: false }, // database and tablespace
  { bit: 1 << 1, fixedBytes: 4, itemBytes: 4, onlyCommit: false }, // subtransactions
  { bit: 1 << 2, fixedBytes: 4, itemBytes: 12, onlyCommit: false }, // dropped relations
  { bit: 1 << 8, fixedBytes: 4, itemBytes: 0, onlyCommit: false }, // dropped statistics: size depends on the version
  { bit: 1 << 3, fixedBytes: 4, itemBytes: 16, onlyCommit: true }, // cache invalidations
] as const
const hasDroppedStatistics = 1 << 8
const hasPreparedXid = 1 << 4

/** Items of dropped statistics: 12 bytes in 15 to 17, 16 from 18 on; which, is found by where a plausible end is. */
function preparedXid(bytes: Buffer, { at, end, info }: RecordPlace, isCommit: boolean): number | undefined {
  if ((info & hasInfo) === 0 || at + 12 > end) return undefined
  const flags = bytes.readUInt32LE(at + 8)
  if ((flags & hasPreparedXid) === 0) return undefined
  for (const statisticsBytes of (flags & hasDroppedStatistics) === 0 ? [0] : [12, 16]) {
    let next = at + 12
    for (const { bit, fixedBytes, itemBytes, onlyCommit } of transactionParts) {
      if ((flags & bit) === 0 || (onlyCommit && !isCommit) || next + fixedBytes > end) continue
      const size = bit === hasDroppedStatistics ? statisticsBytes : itemBytes
      next += fixedBytes + (fixedBytes === 4 ? bytes.readUInt32LE(next) * size : 0)
    }
    if (next + 4 <= end && bytes.readUInt32LE(next) >= firstNormalXid) return bytes.readUInt32LE(next)
  }
  return undefined
}

const firstNormalXid = 3
const restorePointNameBytes = 64

function restorePoint(bytes: Buffer, at: number, end: number): RestorePointMade | undefined {
  if (at + 8 + restorePointNameBytes > end) return undefined
  const name = bytes.subarray(at + 8, at + 8 + restorePointNameBytes)
  const zero = name.indexOf(0)
  return {
    type: 'restore-point',
    microseconds: readMicroseconds(bytes, at),
    name: name.subarray(0, zero === -1 ? name.length : zero).toString('utf8'),
  }
}

function recoveryEnded(bytes: Buffer, at: number, end: number): RecoveryEnded | undefined {
  if (at + 16 > end) return undefined
  return {
    type: 'recovery-ended',
    microseconds: readMicroseconds(bytes, at),
    timeline: bytes.readUInt32LE(at + 8),
    previousTimeline: bytes.readUInt32LE(at + 12),
  }
}

function readMicroseconds(bytes: Buffer, at: number): number {
  return bytes.readInt32LE(at + 4) * 0x1_0000_0000 + bytes.readUInt32LE(at)
}
