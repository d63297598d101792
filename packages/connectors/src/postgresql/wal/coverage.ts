import type { RecoverableLog } from './recoverable-log.ts'
import { chainsOf, knownTimelines } from './recovery-timeline.ts'
import { lsnOf, type WalChain, type WalChains } from './wal-chain.ts'
import { formatLsn, type Lsn } from './lsn.ts'
import type { WalTime } from './wal-time.ts'

/** A stretch of time within which every instant can be recovered. */
export interface CoveredRange {
  readonly from: WalTime
  readonly until: WalTime
  readonly fromLsn: string
  readonly untilLsn: string
  /** ids of the base backups in it, oldest first */
  readonly bases: readonly string[]
}

export interface CoverageGap {
  readonly from: WalTime
  readonly until: WalTime
  readonly fromLsn: string
  readonly reason: 'wal-missing' | 'wal-level-minimal'
}

export interface Coverage {
  readonly timeline: number
  /** all of which something is there */
  readonly timelines: readonly number[]
  /** oldest first, not overlapping */
  readonly ranges: readonly CoveredRange[]
  /** between the ranges */
  readonly gaps: readonly CoverageGap[]
  readonly oldest: WalTime
  /** What was committed by then is safe: the RPO is the distance from now to this. */
  readonly newest: WalTime
  /** Up to here there is WAL behind a hole, of no use until there is a base backup behind that hole too. */
  readonly unreachableLsn?: string
}

/**
 * What can be recovered on a timeline (default: the newest); undefined when nothing can. Fails with
 * RECOVERY_TIMELINE_UNKNOWN for a timeline that is given and not there.
 */
export function coverage(log: RecoverableLog, timeline: number | 'latest' = 'latest'): Coverage | undefined {
  if (log.bases.length === 0) return undefined
  const chains = chainsOf(log, timeline, 'coverage')
  const spans = coveredSpans(log, chains)
  const oldest = spans[0]
  const newest = spans.at(-1)
  if (oldest === undefined || newest === undefined) return undefined
  const unreachable = unreachableEnd(log, chains, newest.untilLsn)
  return {
    timeline: chains.history.timeline,
    timelines: knownTimelines(log),
    ranges: spans.map(({ from, until, fromLsn, untilLsn, bases }) => {
      return { from, until, fromLsn: formatLsn(fromLsn), untilLsn: formatLsn(untilLsn), bases }
    }),
    gaps: spans.slice(1).map((span, index) => gapBetween(spans[index] ?? span, span)),
    oldest: oldest.from,
    newest: newest.until,
    ...(unreachable === undefined ? {} : { unreachableLsn: formatLsn(unreachable) }),
  }
}

/** What followed on would be part of a chain: so whatever begins behind the last of them comes after a hole. */
function unreachableEnd({ segments }: RecoverableLog, { history }: WalChains, reached: Lsn): Lsn | undefined {
  const ends = segments
    .filter(({ timeline, startLsn }) => timeline === history.timeline && lsnOf(startLsn) >= reached)
    .map(({ endLsn }) => lsnOf(endLsn))
    .filter((end) => end > reached)
  return ends.reduce<Lsn | undefined>((furthest, end) => ((furthest ?? 0n) > end ? furthest : end), undefined)
}

export interface CoveredSpan {
  from: WalTime
  until: WalTime
  fromLsn: Lsn
  untilLsn: Lsn
  bases: string[]
  isUnlogged: boolean
}

/** The chains of all base backups, put together where one goes on into the next. */
export function coveredSpans(log: RecoverableLog, chains: WalChains): CoveredSpan[] {
  const spans: CoveredSpan[] = []
  const inOrder = log.bases
    .map((base) => chains.from(base))
    .filter((chain): chain is WalChain => chain !== undefined)
    .sort((first, second) => (first.from < second.from ? -1 : first.from > second.from ? 1 : 0))
  for (const { base, from, until, endLsn, isUnlogged } of inOrder) {
    const before = spans.at(-1)
    if (before === undefined || from > before.until) {
      spans.push({ from, until, fromLsn: lsnOf(base.stopLsn), untilLsn: endLsn, bases: [base.id], isUnlogged })
      continue
    }
    before.bases.push(base.id)
    if (endLsn > before.untilLsn) Object.assign(before, { untilLsn: endLsn, isUnlogged })
    if (until > before.until) before.until = until
  }
  return spans
}

function gapBetween(before: CoveredSpan, after: CoveredSpan): CoverageGap {
  const reason = before.isUnlogged ? 'wal-level-minimal' : 'wal-missing'
  return { from: before.until, until: after.from, fromLsn: formatLsn(before.untilLsn), reason }
}
