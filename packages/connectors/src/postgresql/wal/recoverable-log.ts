import type { SegmentFacts } from './segment-facts.ts'
import type { TimelineHistory } from './timeline-history.ts'
import type { WalTime } from './wal-time.ts'

/** All that planning a recovery needs to know of one cluster: facts only, no content. */
export interface RecoverableLog {
  readonly bases: readonly RecoverableBase[]
  /** in any order; whole segments, those that ended a timeline, and tips */
  readonly segments: readonly SegmentFacts[]
  /** of every timeline but the first */
  readonly histories: readonly TimelineHistory[]
}

/** What a physical backup's manifest.json says, as far as it matters here. */
export interface RecoverableBase {
  /** of the snapshot */
  readonly id: string
  readonly timeline: number
  /** where replay begins, and from where on the cluster is consistent: "0/2000028" */
  readonly startLsn: string
  readonly stopLsn: string
  /** the server's clock when the backup ended, ISO 8601 */
  readonly stoppedAt: string
}

export interface RecoveryTarget {
  readonly stop: TargetPoint
  /** default: the newest on which there is a base backup */
  readonly timeline?: number | 'latest'
  /** false: just before the point; default true */
  readonly inclusive?: boolean
}

export type TargetPoint =
  /** everything there is */
  | { readonly type: 'latest' }
  /** what was committed by then */
  | { readonly type: 'time'; readonly at: WalTime }
  | { readonly type: 'lsn'; readonly lsn: string }
  | { readonly type: 'xid'; readonly xid: number }
  | { readonly type: 'name'; readonly name: string }
  /** the newest base backup, without further WAL */
  | { readonly type: 'immediate' }
