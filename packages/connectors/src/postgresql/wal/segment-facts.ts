import type { WalTime } from './wal-time.ts'

/**
 * What is known of a segment's content without reading it again. Plain JSON: kept beside the segment in a repository,
 * and all that planning a recovery needs. A record counts for the segment in which it ends.
 */
export interface SegmentFacts {
  /** "0000000100000000000000A3", with ".partial" behind it when its timeline ended in mid-segment */
  readonly name: string
  readonly timeline: number
  /** of the segment's first byte: "0/A3000000" */
  readonly startLsn: string
  /** after the last byte that is there */
  readonly endLsn: string
  /** all bytes of the segment are there */
  readonly complete: boolean
  readonly segmentBytes: number
  /** of the cluster that wrote it, as text because it has 64 bits */
  readonly systemIdentifier: string
  readonly commits: number
  /** The earliest and latest of the commits. Commits need not lie in the order of their times. */
  readonly firstCommitAt?: WalTime
  readonly lastCommitAt?: WalTime
  /** The latest end of a transaction, rolled back or committed: a recovery to an earlier time can stop here. */
  readonly lastEndAt?: WalTime
  /** the lowest and highest transaction that ended here, compared modulo 2³² as PostgreSQL does */
  readonly firstXid?: number
  readonly lastXid?: number
  readonly restorePoints: readonly RestorePoint[]
  /** wal_level was set to minimal in this segment: no recovery gets past this position */
  readonly unloggedAt?: string
  /**
   * Whatever was committed up to this instant of the server's clock lies before endLsn. Only a follower knows it:
   * it is later than the last commit when the database was quiet.
   */
  readonly recoverableUntil?: WalTime
  /** Bytes in hex of a record that begins here and ends in the next segment, if it may matter there (see WalReader). */
  readonly openRecord?: string
}

/** Made by pg_create_restore_point. */
export interface RestorePoint {
  readonly name: string
  readonly at: WalTime
  readonly lsn: string
}
