import { compareWithUsual, type Series } from '../history.ts'
import { median, spread } from '../statistics.ts'
import type { Signal } from './signal.ts'

const usualTimes = 3
const usualSpreads = 4

export interface UnusualPart extends Pick<Signal, 'at' | 'lastCleanAt'> {
  /** from 0 to 1 */
  readonly newest: number
  /** median of so many backups before it */
  readonly usual: number
  readonly usualCount: number
}

/** The newest part of a whole (0 to 1) where it is `least` at least and far more than usual. */
export function findUnusualPart(series: Series, least: number): UnusualPart | undefined {
  const comparison = compareWithUsual(series)
  if (comparison === undefined) return undefined
  const { newest, at, previous } = comparison
  const usual = median(comparison.usual)
  const limit = Math.max(least, usualTimes * usual, usual + usualSpreads * spread(comparison.usual))
  // A part cannot be more than all of it: where nearly all of it is usual, nothing is unusual.
  if (newest < limit) return undefined
  return { newest, usual, usualCount: comparison.usual.length, at, lastCleanAt: previous.at }
}
