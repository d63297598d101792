import {
  formatLsn,
  type LogPosition,
  parseLsn,
  parseWalFileName,
  smallestSegmentBytes,
} from '@holdfast/connectors/postgresql/wal/lsn'
import type { LogGap } from '@holdfast/connectors/postgresql/wal/log-sink'
import type { SegmentFacts } from '@holdfast/connectors/postgresql/wal/segment-facts'
import { laterTime, type WalTime } from '@holdfast/connectors/postgresql/wal/wal-time'
import type { LogFile, LogFileInfo } from '@holdfast/repository/log/log-file'
import type { LogPlace } from '@holdfast/repository/log/log-place'

/** How WAL lies in a repository's log. */
export function walPlace(source: string): LogPlace {
  return { source, type: 'postgresql', kind: 'wal' }
}

const segmentsPerFolderDigits = 16

/** Segments lie in folders of at most 256 (with 16 MiB segments, as most are; 4096 with the smallest); history files beside the folders. */
export function walFolder(name: string): string {
  const kind = parseWalFileName(name, smallestSegmentBytes)?.kind
  return kind === 'segment' || kind === 'partial' ? name.slice(0, segmentsPerFolderDigits) : ''
}

export function walFile(name: string, bytes: Uint8Array, facts: SegmentFacts | undefined): LogFile {
  return { folder: walFolder(name), name, bytes, facts: facts === undefined ? {} : { ...facts } }
}

/** What is known of a file in the log, if it is a segment with facts that can be relied on. */
export function segmentFactsOf({ name, facts }: Pick<LogFileInfo, 'name' | 'facts'>): SegmentFacts | undefined {
  const parsed = parseWalFileName(name, smallestSegmentBytes)
  if (parsed === undefined || parsed.kind === 'history') return undefined
  const { startLsn, endLsn, timeline, segmentBytes, restorePoints } = facts
  if (typeof startLsn !== 'string' || typeof endLsn !== 'string' || typeof timeline !== 'number') return undefined
  if (parseLsn(startLsn) === undefined || parseLsn(endLsn) === undefined) return undefined
  if (typeof segmentBytes !== 'number' || !Array.isArray(restorePoints)) return undefined
  // boundary: stored by a writer of ours, authenticated, and what positions depend on was looked at
  return facts as unknown as SegmentFacts
}

/** After the last byte that is there. */
export function endOf(facts: SegmentFacts): LogPosition {
  return { timeline: facts.timeline, lsn: parseLsn(facts.endLsn) ?? 0n }
}

export function isBehind(first: LogPosition, second: LogPosition): boolean {
  return first.timeline === second.timeline ? first.lsn < second.lsn : first.timeline < second.timeline
}

/** A gap is a small file beside the folders. */
export function gapFile(gap: LogGap): LogFile {
  const at = ({ timeline, lsn }: LogPosition): string =>
    `${timeline.toString(16).padStart(8, '0')}-${lsn.toString(16).padStart(16, '0')}`
  const facts = {
    gap: {
      from: { timeline: gap.from.timeline, lsn: formatLsn(gap.from.lsn) },
      to: { timeline: gap.to.timeline, lsn: formatLsn(gap.to.lsn) },
      reason: gap.reason,
      noticedAt: gap.noticedAt,
    },
  }
  const bytes = Buffer.from(`${JSON.stringify(facts.gap)}\n`)
  return { folder: '', name: `gap-${at(gap.from)}-${at(gap.to)}.json`, bytes, facts }
}

/** A note on the log: nothing was written behind `position` until then. */
export interface QuietNote {
  readonly position: LogPosition
  readonly until: WalTime
}

export function encodeNote({ position, until }: QuietNote): Readonly<Record<string, unknown>> {
  return { timeline: position.timeline, lsn: formatLsn(position.lsn), until }
}

export function decodeNote(facts: Readonly<Record<string, unknown>> | undefined): QuietNote | undefined {
  const { timeline, lsn: text, until } = facts ?? {}
  const lsn = typeof text === 'string' ? parseLsn(text) : undefined
  if (typeof timeline !== 'number' || lsn === undefined || typeof until !== 'string') return undefined
  return { position: { timeline, lsn }, until }
}

/** The facts of the segment at whose end the database fell quiet, with how long it has been known to be. */
export function withNote(facts: SegmentFacts, note: QuietNote | undefined): SegmentFacts {
  if (note === undefined || note.position.timeline !== facts.timeline) return facts
  if (formatLsn(note.position.lsn) !== facts.endLsn) return facts
  const recoverableUntil = laterTime(facts.recoverableUntil, note.until)
  return recoverableUntil === undefined ? facts : { ...facts, recoverableUntil }
}
