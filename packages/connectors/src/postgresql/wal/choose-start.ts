import { floorToSegment, formatLsn, type LogPosition, type Lsn } from './lsn.ts'
import { isInHistory, timelineAt, timelineEnd, type TimelineHistory } from './timeline-history.ts'

/** What a server says of itself before streaming begins. */
export interface ServerPosition {
  readonly timeline: number
  /** up to here its WAL is on disk */
  readonly lsn: Lsn
  /** of its timeline; timeline 1 has none */
  readonly history: TimelineHistory | undefined
  /** from here on the replication slot keeps WAL */
  readonly slotLsn: Lsn | undefined
}

export type StartChoice =
  | { readonly type: 'start'; readonly at: LogPosition; readonly cause?: 'forked' | 'other-timeline' }
  /** the server does not have yet, or does not have any more, what the log ends with */
  | { readonly type: 'wait'; readonly reason: string }

/**
 * Where to begin streaming, always at the start of a segment. `next`: what the log lacks first; undefined when there is no log
 * yet. "forked": the server was promoted before it had received all of the log, which therefore has an end that no server
 * knows any more.
 */
export function chooseStart(server: ServerPosition, next: LogPosition | undefined, segmentBytes: number): StartChoice {
  const { timeline, lsn, history } = server
  if (next === undefined) return { type: 'start', at: freshStart(server, segmentBytes) }
  if (timeline < next.timeline) {
    return { type: 'wait', reason: `it is on timeline ${timeline}, but the log has come to ${next.timeline}` }
  }
  const at = { timeline: next.timeline, lsn: floorToSegment(next.lsn, segmentBytes) }
  if (timeline === next.timeline) {
    if (at.lsn <= lsn) return { type: 'start', at }
    return { type: 'wait', reason: `its WAL ends at ${formatLsn(lsn)}, but the log has come to ${formatLsn(next.lsn)}` }
  }
  if (history === undefined || !isInHistory(history, next.timeline)) {
    return { type: 'start', at: freshStart(server, segmentBytes), cause: 'other-timeline' }
  }
  const end = timelineEnd(history, next.timeline) ?? lsn
  if (at.lsn <= end) return { type: 'start', at }
  const fork = { timeline: timelineAt(history, end), lsn: floorToSegment(end, segmentBytes) }
  return { type: 'start', at: fork, cause: 'forked' }
}

/** Where a log can begin on this server: with what the slot keeps, or with what comes from now on. */
export function freshStart({ timeline, lsn, history, slotLsn }: ServerPosition, segmentBytes: number): LogPosition {
  const start = floorToSegment(slotLsn ?? lsn, segmentBytes)
  // The segment in which a timeline begins exists only as a file of that timeline.
  const last = start + BigInt(segmentBytes) - 1n
  return { timeline: history === undefined ? timeline : timelineAt(history, last < lsn ? last : lsn), lsn: start }
}
