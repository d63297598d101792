import type { CoveredRange } from '@holdfast/connectors/postgresql/wal/coverage'
import { dateOfWalTime, type WalTime, walTimeOf } from '@holdfast/connectors/postgresql/wal/wal-time'

/** An instant within the ranges, each millisecond as likely as any other. `random` gives numbers from 0 to below 1. */
export function randomInstant(ranges: readonly CoveredRange[], random: () => number): WalTime | undefined {
  const spans = ranges.map(({ from, until }) => {
    const startMs = dateOfWalTime(from).getTime()
    // the part of a millisecond that a Date loses must not lead before the range
    return { startMs: startMs + 1, lengthMs: Math.max(0, dateOfWalTime(until).getTime() - startMs - 1) }
  })
  let left = random() * spans.reduce((sum, { lengthMs }) => sum + lengthMs, 0)
  for (const { startMs, lengthMs } of spans) {
    if (left < lengthMs) return walTimeOf(new Date(startMs + Math.floor(left)))
    left -= lengthMs
  }
  const [only] = ranges
  return only?.until
}
