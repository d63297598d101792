import { formatLsn, type Lsn, segmentName, segmentStart } from './lsn.ts'
import type { RestorePoint, SegmentFacts } from './segment-facts.ts'
import type { TransactionEnd, WalRecord } from './wal-record.ts'
import { type WalTime, walTime } from './wal-time.ts'

export interface FactsSoFar {
  readonly timeline: number
  readonly number: bigint
  readonly segmentBytes: number
  /** bytes of the segment that are there */
  readonly sizeBytes: number
  readonly systemIdentifier: string
  readonly recoverableUntil?: WalTime | undefined
  readonly openRecord?: string | undefined
}

/** Adds up what the records of one segment say. */
export class FactCollector {
  #commits = 0
  #firstCommit = Infinity
  #lastCommit = -Infinity
  #lastEnd = -Infinity
  #firstXid: number | undefined
  #lastXid: number | undefined
  readonly #restorePoints: RestorePoint[] = []
  #unloggedAt: Lsn | undefined

  add(record: WalRecord, endLsn: Lsn): void {
    switch (record.type) {
      case 'commit':
      case 'abort':
        this.#addEnd(record)
        break
      case 'restore-point': {
        const { name, microseconds } = record
        this.#restorePoints.push({ name, at: walTime(BigInt(microseconds)), lsn: formatLsn(endLsn) })
        break
      }
      case 'wal-level':
        if (record.isMinimal) this.#unloggedAt ??= endLsn
        break
      case 'recovery-ended':
      case 'segment-switched':
        break
    }
  }

  facts(so: FactsSoFar): SegmentFacts {
    const start = segmentStart(so.number, so.segmentBytes)
    const times =
      this.#commits === 0 ? {} : { firstCommitAt: time(this.#firstCommit), lastCommitAt: time(this.#lastCommit) }
    const xids =
      this.#firstXid === undefined || this.#lastXid === undefined
        ? {}
        : { firstXid: this.#firstXid, lastXid: this.#lastXid }
    return {
      name: segmentName(so.timeline, so.number, so.segmentBytes),
      timeline: so.timeline,
      startLsn: formatLsn(start),
      endLsn: formatLsn(start + BigInt(so.sizeBytes)),
      complete: so.sizeBytes === so.segmentBytes,
      segmentBytes: so.segmentBytes,
      systemIdentifier: so.systemIdentifier,
      commits: this.#commits,
      ...times,
      ...(this.#lastEnd === -Infinity ? {} : { lastEndAt: time(this.#lastEnd) }),
      ...xids,
      restorePoints: [...this.#restorePoints],
      ...(this.#unloggedAt === undefined ? {} : { unloggedAt: formatLsn(this.#unloggedAt) }),
      ...(so.recoverableUntil === undefined ? {} : { recoverableUntil: so.recoverableUntil }),
      ...(so.openRecord === undefined ? {} : { openRecord: so.openRecord }),
    }
  }

  #addEnd({ type, microseconds, xid }: TransactionEnd): void {
    if (microseconds > this.#lastEnd) this.#lastEnd = microseconds
    // Transactions without an id write no end that matters, except where a session only dropped files or told caches.
    if (xid !== 0) {
      if (this.#firstXid === undefined || isOlder(xid, this.#firstXid)) this.#firstXid = xid
      if (this.#lastXid === undefined || isOlder(this.#lastXid, xid)) this.#lastXid = xid
    }
    if (type === 'abort') return
    this.#commits++
    if (microseconds < this.#firstCommit) this.#firstCommit = microseconds
    if (microseconds > this.#lastCommit) this.#lastCommit = microseconds
  }
}

/** Transaction numbers go round: of two, the one less than 2³¹ before the other is older. */
export function isOlder(first: number, second: number): boolean {
  return ((first - second) | 0) < 0
}

function time(microseconds: number): WalTime {
  return walTime(BigInt(microseconds))
}
