import type { Context } from '@holdfast/core/context'
import type { LogFollowed } from '@holdfast/core/events/event'
import { countOf } from '@holdfast/core/units/count-of'
import { formatDurationMs } from '@holdfast/core/units/duration'
import { formatSize } from '@holdfast/core/units/size'
import type { Output } from '../output/output.ts'

/** What a log is cut into: files of WAL, parts of files of the binary log. */
type LogPiece = 'segment' | 'slice'

/** People are told so often where the log is. */
const newsEveryMs = 60_000

/** A context whose events tell people where the log is, at once and then once a minute; programs get every report. */
export function tellingPeople(piece: LogPiece, output: Output, ctx: Context): Context {
  let toldAtMs = Number.NEGATIVE_INFINITY
  return {
    signal: ctx.signal,
    now: () => ctx.now(),
    emit(event) {
      ctx.emit(event)
      if (event.type !== 'log.followed' || event.durable === undefined) return
      const nowMs = ctx.now().getTime()
      if (nowMs - toldAtMs < (output.verbosity > 0 ? 0 : newsEveryMs)) return
      toldAtMs = nowMs
      output.note(newsLine(event, piece, nowMs))
    },
  }
}

/** What was followed in all. */
export interface FollowedLog {
  readonly source: string
  readonly piece: LogPiece
  readonly pieces: number
  readonly bytesReceived: number
  /** place in the log up to which everything is stored; `timeline` is PostgreSQL's */
  readonly durable: { readonly durable: string; readonly timeline?: number } | undefined
  /** ISO 8601 */
  readonly recoverableUntil: string | undefined
}

export function showFollowed(followed: FollowedLog, output: Output): void {
  const { source, piece, pieces, bytesReceived, durable, recoverableUntil } = followed
  const place = durable === undefined ? 'nothing' : `everything up to ${durable.durable}`
  output.note(
    `${place} is stored${untilText(recoverableUntil)}: ${countOf(pieces, piece)}, ${formatSize(bytesReceived)}`,
  )
  output.message({
    message_type: 'summary',
    source,
    ...durable,
    ...(recoverableUntil === undefined ? {} : { recoverable_until: recoverableUntil }),
    segments: pieces,
    bytes_received: bytesReceived,
  })
}

function newsLine(
  { durable, recoverableUntil, segments, bytesReceived }: LogFollowed,
  piece: LogPiece,
  nowMs: number,
): string {
  const age = recoverableUntil === undefined ? undefined : Math.max(0, nowMs - Date.parse(recoverableUntil))
  const loss = age === undefined ? '' : `, at most ${formatDurationMs(age)} would be lost`
  return `stored up to ${durable}${untilText(recoverableUntil)}${loss}; ${countOf(segments, piece)}, ${formatSize(bytesReceived)} so far`
}

function untilText(recoverableUntil: string | undefined): string {
  return recoverableUntil === undefined ? '' : `, recoverable until ${recoverableUntil}`
}
