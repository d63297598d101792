import { AppError } from '@holdfast/core/errors/app-error'
import type { RecoveryStop } from '../restore/recovery-settings.ts'
import { coveredSpans } from './coverage.ts'
import { isOlder } from './fact-collector.ts'
import type { RecoverableBase, RecoverableLog, RecoveryTarget, TargetPoint } from './recoverable-log.ts'
import { chainsOf } from './recovery-timeline.ts'
import type { SegmentFacts } from './segment-facts.ts'
import { type ChainLink, lsnOf, type WalChain, type WalChains } from './wal-chain.ts'
import { formatLsn, parseLsn } from './lsn.ts'
import type { WalTime } from './wal-time.ts'

export interface RecoveryPlan {
  readonly base: RecoverableBase
  /** what must be there for the server to fetch, in order; only these, or it would go on behind the target */
  readonly segments: readonly SegmentFacts[]
  /** WAL to fetch */
  readonly walBytes: number
  /** to be written into the recovery settings */
  readonly stop: RecoveryStop
  readonly inclusive: boolean
  readonly timeline: number
  /** all of which the server may ask the history file for */
  readonly histories: readonly number[]
  /** the state that comes back: everything committed up to this instant; absent for targets that are not times */
  readonly until?: WalTime
}

/**
 * Chooses the base backup with the least to replay, and the WAL it takes to reach the target. Pure. Fails with RECOVERY_NO_BASE,
 * RECOVERY_BEFORE_OLDEST, RECOVERY_AFTER_NEWEST, RECOVERY_IN_GAP, RECOVERY_POINT_UNKNOWN, RECOVERY_TIMELINE_UNKNOWN.
 */
export function planRecovery(log: RecoverableLog, target: RecoveryTarget): RecoveryPlan {
  const { stop, inclusive = true, timeline = 'latest' } = target
  const name = describeTarget(stop)
  const chains = chainsOf(log, timeline, name)
  const newestFirst = log.bases
    .map((base) => chains.from(base))
    .filter((chain): chain is WalChain => chain !== undefined)
    .sort((first, second) => compare(lsnOf(second.base.stopLsn), lsnOf(first.base.stopLsn)))
  const reached = reach(newestFirst, stop, inclusive)
  if (reached === undefined) throw unreachable(log, chains, stop, name)
  const { chain, links } = reached
  const { history } = chains
  return {
    base: chain.base,
    segments: links.map((link) => link.facts),
    walBytes: links.reduce((sum, link) => sum + Number(link.endLsn - lsnOf(link.facts.startLsn)), 0),
    stop: reached.stop,
    inclusive,
    timeline: history.timeline,
    histories: [...history.ancestors.map((ancestor) => ancestor.timeline), history.timeline].filter((each) => each > 1),
    ...(reached.until === undefined ? {} : { until: reached.until }),
  }
}

interface Reached {
  readonly chain: WalChain
  readonly links: readonly ChainLink[]
  readonly stop: RecoveryStop
  readonly until?: WalTime
}

/** `chains`: those with the newest base first. */
function reach(chains: readonly WalChain[], stop: TargetPoint, inclusive: boolean): Reached | undefined {
  switch (stop.type) {
    case 'immediate': {
      const [chain] = chains
      return chain && { chain, links: [], stop: { type: 'consistent' }, until: chain.from }
    }
    case 'latest': {
      const furthest = chains.toSorted((first, second) => compare(second.endLsn, first.endLsn))[0]
      return furthest && { chain: furthest, links: furthest.links, stop: { type: 'end' }, until: furthest.until }
    }
    case 'time':
      return firstOf(chains, (chain) => reachTime(chain, stop.at, inclusive))
    case 'lsn':
      return firstOf(chains, (chain) => reachLsn(chain, stop.lsn))
    case 'name':
      return firstOf(chains, (chain) => reachName(chain, stop.name))
    case 'xid':
      return firstOf(chains, (chain) => reachXid(chain, stop.xid))
  }
}

function firstOf(
  chains: readonly WalChain[],
  attempt: (chain: WalChain) => Omit<Reached, 'chain'> | undefined,
): Reached | undefined {
  for (const chain of chains) {
    const reached = attempt(chain)
    if (reached !== undefined) return { chain, ...reached }
  }
  return undefined
}

/**
 * A server stops at the first end of a transaction behind the instant, and fails when there is none: then, if nothing can be
 * missing, it is told to replay all there is.
 */
function reachTime(chain: WalChain, at: WalTime, inclusive: boolean): Omit<Reached, 'chain'> | undefined {
  if (at < chain.from || at > chain.until) return undefined
  const last = chain.links.findIndex(({ facts, isWhole }) => {
    if (!isWhole || facts.lastEndAt === undefined) return false
    return inclusive ? facts.lastEndAt > at : facts.lastEndAt >= at
  })
  if (last === -1) return { links: chain.links, stop: { type: 'end' }, until: at }
  return { links: chain.links.slice(0, last + 1), stop: { type: 'time', time: at }, until: at }
}

function reachLsn(chain: WalChain, text: string): Omit<Reached, 'chain'> | undefined {
  const lsn = parseLsn(text)
  if (lsn === undefined) {
    throw new AppError('ARGUMENT_INVALID', { name: 'the LSN', value: text, reason: 'it is written like 0/2000028' })
  }
  if (lsn < lsnOf(chain.base.stopLsn) || lsn >= chain.endLsn) return undefined
  const last = chain.links.findIndex((link) => link.endLsn > lsn)
  // The first record at or behind the position may go over into the next segment.
  return { links: chain.links.slice(0, last + 2), stop: { type: 'lsn', lsn: text } }
}

function reachName(chain: WalChain, name: string): Omit<Reached, 'chain'> | undefined {
  const stopLsn = lsnOf(chain.base.stopLsn)
  const last = chain.links.findIndex(({ facts, endLsn }) =>
    facts.restorePoints.some((point) => {
      const lsn = lsnOf(point.lsn)
      return point.name === name && lsn > stopLsn && lsn <= endLsn
    }),
  )
  return last === -1 ? undefined : { links: chain.links.slice(0, last + 1), stop: { type: 'name', name } }
}

/** Only the lowest and highest numbers of a segment are known, so it may turn out that the transaction is not there. */
function reachXid(chain: WalChain, xid: number): Omit<Reached, 'chain'> | undefined {
  const may = ({ facts, isWhole }: ChainLink): boolean => {
    const { firstXid, lastXid } = facts
    return (
      isWhole && firstXid !== undefined && lastXid !== undefined && !isOlder(xid, firstXid) && !isOlder(lastXid, xid)
    )
  }
  const first = chain.links.findIndex(may)
  if (first === -1) return undefined
  // In the segment in which the base ended, the transaction may have ended before it: an older base is safer.
  return { links: chain.links.slice(0, chain.links.findLastIndex(may) + 1), stop: { type: 'xid', xid: String(xid) } }
}

function unreachable(log: RecoverableLog, chains: WalChains, stop: TargetPoint, target: string): AppError {
  const spans = coveredSpans(log, chains)
  const first = spans[0]
  const last = spans.at(-1)
  if (first === undefined || last === undefined || stop.type === 'latest' || stop.type === 'immediate') {
    return new AppError('RECOVERY_NO_BASE', { target })
  }
  const range = { target, from: first.from, until: last.until }
  if (stop.type === 'time') {
    if (stop.at < first.from) return new AppError('RECOVERY_BEFORE_OLDEST', range)
    if (stop.at > last.until) return new AppError('RECOVERY_AFTER_NEWEST', range)
    const next = spans.findIndex((span) => span.from > stop.at)
    const gap = { target, from: spans[next - 1]?.until ?? '', until: spans[next]?.from ?? '' }
    return new AppError('RECOVERY_IN_GAP', gap)
  }
  if (stop.type === 'lsn') return lsnUnreachable(spans, lsnOf(stop.lsn), target)
  const points = log.segments.flatMap((facts) => facts.restorePoints.map((point) => point.name))
  return new AppError('RECOVERY_POINT_UNKNOWN', { target, known: [...new Set(points)].join(', ') || 'none' })
}

function lsnUnreachable(spans: ReturnType<typeof coveredSpans>, lsn: bigint, target: string): AppError {
  const inOrder = spans.toSorted((first, second) => compare(first.fromLsn, second.fromLsn))
  const [first, last] = [inOrder[0], inOrder.at(-1)]
  const range = { target, from: formatLsn(first?.fromLsn ?? 0n), until: formatLsn(last?.untilLsn ?? 0n) }
  if (first === undefined || lsn < first.fromLsn) return new AppError('RECOVERY_BEFORE_OLDEST', range)
  const next = inOrder.findIndex((span) => span.fromLsn > lsn)
  if (next === -1) return new AppError('RECOVERY_AFTER_NEWEST', range)
  const before = inOrder[next - 1]?.untilLsn ?? 0n
  return new AppError('RECOVERY_IN_GAP', {
    target,
    from: formatLsn(before),
    until: formatLsn(inOrder[next]?.fromLsn ?? 0n),
  })
}

function describeTarget(stop: TargetPoint): string {
  switch (stop.type) {
    case 'latest':
      return 'the latest state'
    case 'immediate':
      return 'the end of a base backup'
    case 'time':
      return stop.at
    case 'lsn':
      return `position ${stop.lsn}`
    case 'xid':
      return `transaction ${stop.xid}`
    case 'name':
      return `restore point ${JSON.stringify(stop.name)}`
  }
}

function compare(first: bigint, second: bigint): number {
  return first < second ? -1 : first > second ? 1 : 0
}
