import { AppError } from '@holdfast/core/errors/app-error'
import { formatLsn, historyFileName, type Lsn, parseLsn } from './lsn.ts'

/** Where a timeline branched off: `timeline` ended at `endLsn`, and the next in the list went on from there. */
export interface Ancestor {
  readonly timeline: number
  readonly endLsn: Lsn
  readonly reason: string
}

/** A timeline and those it came from, oldest first. Timeline 1 has no history file. */
export interface TimelineHistory {
  readonly timeline: number
  readonly ancestors: readonly Ancestor[]
}

/**
 * Reads a history file ("00000002.history"): lines of timeline, position and reason. Empty lines and comments are
 * skipped, as by the server (src/backend/access/transam/timeline.c). Fails with POSTGRES_WAL_UNREADABLE.
 */
export function parseTimelineHistory(timeline: number, content: string): TimelineHistory {
  const ancestors: Ancestor[] = []
  for (const line of content.split('\n')) {
    if (/^\s*(#|$)/.test(line)) continue
    const match = /^\s*(\d+)\s+(\S+)(?:\s+(.*))?$/.exec(line)
    const endLsn = parseLsn(match?.[2] ?? '')
    const ancestor = Number(match?.[1])
    if (endLsn === undefined || ancestor < 1 || ancestor >= timeline) throw unreadable(timeline, line)
    const before = ancestors.at(-1)
    if (before !== undefined && (before.timeline >= ancestor || before.endLsn > endLsn))
      throw unreadable(timeline, line)
    ancestors.push({ timeline: ancestor, endLsn, reason: match?.[3]?.trimEnd() ?? '' })
  }
  return { timeline, ancestors }
}

export function formatTimelineHistory({ ancestors }: TimelineHistory): string {
  return ancestors.map(({ timeline, endLsn, reason }) => `${timeline}\t${formatLsn(endLsn)}\t${reason}\n`).join('')
}

/** Where the timeline began: 0 for one without ancestors. */
export function timelineStart(history: TimelineHistory, timeline: number): Lsn | undefined {
  if (timeline === (history.ancestors[0]?.timeline ?? history.timeline)) return 0n
  const lineage = [...history.ancestors.map((ancestor) => ancestor.timeline), history.timeline]
  const index = lineage.indexOf(timeline)
  return index === -1 ? undefined : history.ancestors[index - 1]?.endLsn
}

/** Where the timeline ended in this history; undefined for its newest one and for those that are not in it. */
export function timelineEnd(history: TimelineHistory, timeline: number): Lsn | undefined {
  return history.ancestors.find((ancestor) => ancestor.timeline === timeline)?.endLsn
}

/** The timeline on which the byte at this position was written. */
export function timelineAt(history: TimelineHistory, lsn: Lsn): number {
  return history.ancestors.find((ancestor) => lsn < ancestor.endLsn)?.timeline ?? history.timeline
}

/** The timeline that follows this one on the way to the history's newest; undefined when there is none. */
export function nextTimeline(history: TimelineHistory, timeline: number): number | undefined {
  const index = history.ancestors.findIndex((ancestor) => ancestor.timeline === timeline)
  if (index === -1) return undefined
  return history.ancestors[index + 1]?.timeline ?? history.timeline
}

export function isInHistory(history: TimelineHistory, timeline: number): boolean {
  return history.timeline === timeline || history.ancestors.some((ancestor) => ancestor.timeline === timeline)
}

function unreadable(timeline: number, line: string): AppError {
  return new AppError('POSTGRES_WAL_UNREADABLE', {
    file: historyFileName(timeline),
    reason: `the line ${JSON.stringify(line.slice(0, 100))} is not one of a timeline history`,
  })
}
