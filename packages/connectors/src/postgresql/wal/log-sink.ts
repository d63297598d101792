import type { Context } from '@holdfast/core/context'
import type { LogPosition } from './lsn.ts'
import type { SegmentFacts } from './segment-facts.ts'
import type { WalTime } from './wal-time.ts'

/**
 * Where a follower puts WAL. The follower calls one method at a time (`durable` apart) and in the order of the log, so
 * the latest call tells where the log ends. A method that throws ends the following, so what may pass by itself (a store
 * that cannot be reached) is retried within.
 */
export interface LogSink {
  /** Where the log ends durably, tip included; undefined when there is none yet. */
  resumeAt(ctx: Context): Promise<LogResume | undefined>

  /**
   * A segment that does not change any more: whole, or (name ends in ".partial", bytes shorter than a segment) the last
   * of a timeline that ended. Returns when the sink can take more, which may be before it is durable: at most a few
   * are in memory while the follower waits here. The bytes are the sink's from now on. The same segment may come again
   * after a restart, with at least the bytes it had.
   */
  segment(file: LogSegment, ctx: Context): Promise<void>

  /**
   * The segment that still grows, from its first byte: replaces the tip before it. Returns when it is durable. The bytes
   * that are there never change afterwards, so a view may be kept.
   */
  tip(file: LogSegment, ctx: Context): Promise<void>

  /** A timeline's history file, before any segment of that timeline. May come again with the same content. */
  history(name: string, bytes: Uint8Array, ctx: Context): Promise<void>

  /** WAL is missing for good between what was given before and what comes next: a new base backup is needed. */
  gap(gap: LogGap, ctx: Context): Promise<void>

  /**
   * Nothing new was written: everything committed up to `until` (the server's clock) lies before `position`, which is
   * durable. Called about as often as tips would be; the sink keeps it as often as it likes.
   */
  confirm(position: LogPosition, until: WalTime, ctx: Context): Promise<void>

  /**
   * Everything given so far that lies before this position is durable. Tells the server what it may throw away, so it
   * must be true after a power cut. undefined as long as nothing is. Cheap: it is asked several times a second.
   */
  durable(): LogPosition | undefined

  /** Makes durable what was accepted. The follower's last call, and again after each segment that ends a timeline. */
  flush(ctx: Context): Promise<void>
}

export interface LogResume {
  /** Streaming begins again at the start of the segment that holds it. */
  readonly position: LogPosition
  /** Facts of the whole segment that ends at or before the start of the position's segment, when it is there. */
  readonly previous?: SegmentFacts
  /** of the cluster whose log this is, when known */
  readonly systemIdentifier?: string
}

export interface LogSegment {
  readonly name: string
  readonly bytes: Uint8Array
  readonly facts: SegmentFacts
  /**
   * When given: nobody else looks at the bytes, they may be moved to another thread, and their memory is given back here
   * when it is of no more use to the sink.
   */
  readonly free?: (bytes: Uint8Array<ArrayBuffer>) => void
}

export interface LogGap {
  /** the log is complete up to here */
  readonly from: LogPosition
  /** and begins again here, at the start of a segment */
  readonly to: LogPosition
  readonly reason: 'wal-removed' | 'other-timeline'
  readonly noticedAt: WalTime
}
