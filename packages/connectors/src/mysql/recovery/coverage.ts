import { type BinlogChain, chainFrom, type RecoverableBase } from './binlog-chain.ts'
import type { SliceFacts } from '../binlog/slice-facts.ts'

/** A stretch of time within which every second can be recovered. */
export interface CoveredRange {
  readonly from: string
  readonly until: string
  /** ids of the backups in it, oldest first */
  readonly bases: readonly string[]
}

export interface MysqlCoverage {
  /** oldest first, not overlapping */
  readonly ranges: readonly CoveredRange[]
  readonly gaps: readonly { readonly from: string; readonly until: string }[]
  readonly oldest: string
  /** What was committed by then is safe: the RPO is the distance from now to this. */
  readonly newest: string
}

/** What can be recovered; undefined without a backup. A backup without log is a range of one instant. */
export function coverage(bases: readonly RecoverableBase[], slices: readonly SliceFacts[]): MysqlCoverage | undefined {
  const chains = bases
    .map((base) => chainFrom(base, slices))
    .toSorted((one, other) => (one.base.consistentAt < other.base.consistentAt ? -1 : 1))
  const ranges: { from: string; until: string; bases: string[] }[] = []
  for (const { base, until } of chains) {
    const before = ranges.at(-1)
    if (before === undefined || base.consistentAt > before.until) {
      ranges.push({ from: base.consistentAt, until, bases: [base.id] })
      continue
    }
    before.bases.push(base.id)
    if (until > before.until) before.until = until
  }
  const [first, last] = [ranges[0], ranges.at(-1)]
  if (first === undefined || last === undefined) return undefined
  const gaps = ranges.slice(1).map((range, at) => ({ from: ranges[at]?.until ?? range.from, until: range.from }))
  return { ranges, gaps, oldest: first.from, newest: last.until }
}

/** All chains, oldest base first. */
export function chainsOf(bases: readonly RecoverableBase[], slices: readonly SliceFacts[]): BinlogChain[] {
  return bases
    .toSorted((one, other) => (one.consistentAt < other.consistentAt ? -1 : 1))
    .map((base) => chainFrom(base, slices))
}
