import { type Lsn, parseLsn, segmentNumber, segmentStart } from './lsn.ts'
import type { RecoverableBase, RecoverableLog } from './recoverable-log.ts'
import type { SegmentFacts } from './segment-facts.ts'
import { isInHistory, timelineEnd, type TimelineHistory, timelineStart } from './timeline-history.ts'
import { laterTime, type WalTime } from './wal-time.ts'

/** A segment on the way of one timeline's history. */
export interface ChainLink {
  readonly facts: SegmentFacts
  readonly number: bigint
  /** where what can be used of it ends */
  readonly endLsn: Lsn
  /** All of its content is on this way, so its facts hold. Not so where the timeline ended within it. */
  readonly isWhole: boolean
}

/** WAL without a hole, from a base backup's end on. */
export interface WalChain {
  readonly base: RecoverableBase
  /** from the segment in which the base backup ended; empty when the log does not reach that point */
  readonly links: readonly ChainLink[]
  readonly endLsn: Lsn
  /** from here on the base can be recovered to, and what was committed by then is there at the end */
  readonly from: WalTime
  readonly until: WalTime
  /** wal_level was minimal: what follows cannot be replayed */
  readonly isUnlogged: boolean
}

/** The segments of a log as one timeline's recovery meets them. */
export class WalChains {
  readonly history: TimelineHistory
  readonly #links = new Map<bigint, ChainLink>()
  readonly #segmentBytes: number

  constructor(log: RecoverableLog, history: TimelineHistory) {
    this.history = history
    this.#segmentBytes = log.segments[0]?.segmentBytes ?? 16 << 20
    for (const facts of log.segments) this.#add(facts)
  }

  /** undefined when the base is not on this timeline's way. */
  from(base: RecoverableBase): WalChain | undefined {
    const stopLsn = lsnOf(base.stopLsn)
    if (!isInHistory(this.history, base.timeline)) return undefined
    const end = timelineEnd(this.history, base.timeline)
    if (end !== undefined && end < stopLsn) return undefined
    const links: ChainLink[] = []
    let endLsn = stopLsn
    let until = latestOf(base.stoppedAt)
    const from = until
    let unloggedAt: Lsn | undefined
    for (let number = segmentNumber(stopLsn - 1n, this.#segmentBytes); unloggedAt === undefined; number++) {
      const link = this.#links.get(number)
      if (link === undefined) break
      // The base holds the WAL up to its end itself: what is shorter is of no use.
      if (links.length === 0 && link.endLsn < stopLsn) break
      links.push(link)
      endLsn = link.endLsn
      unloggedAt = unloggedIn(link, stopLsn)
      if (link.isWhole) until = laterTime(until, laterTime(link.facts.lastEndAt, knownUntil(link, unloggedAt))) ?? until
      if (link.endLsn < segmentStart(number + 1n, this.#segmentBytes)) break
    }
    return { base, links, endLsn: unloggedAt ?? endLsn, from, until, isUnlogged: unloggedAt !== undefined }
  }

  #add(facts: SegmentFacts): void {
    const { history } = this
    if (!isInHistory(history, facts.timeline)) return
    const number = segmentNumber(lsnOf(facts.startLsn), this.#segmentBytes)
    const begun = timelineStart(history, facts.timeline) ?? 0n
    // A timeline's files begin with the segment in which it branched off.
    if (segmentNumber(begun, this.#segmentBytes) > number) return
    const ended = timelineEnd(history, facts.timeline)
    const available = lsnOf(facts.endLsn)
    const endLsn = ended !== undefined && ended < available ? ended : available
    if (endLsn <= lsnOf(facts.startLsn)) return
    const link: ChainLink = { facts, number, endLsn, isWhole: endLsn === available }
    const known = this.#links.get(number)
    const isBetter =
      known === undefined ||
      endLsn > known.endLsn ||
      (endLsn === known.endLsn && facts.timeline >= known.facts.timeline)
    if (isBetter) this.#links.set(number, link)
  }
}

export function lsnOf(text: string): Lsn {
  const lsn = parseLsn(text)
  if (lsn === undefined) throw new Error(`${text} is no position in WAL`)
  return lsn
}

function unloggedIn({ facts }: ChainLink, stopLsn: Lsn): Lsn | undefined {
  if (facts.unloggedAt === undefined) return undefined
  const at = lsnOf(facts.unloggedAt)
  return at > stopLsn ? at : undefined
}

/** Up to when nothing is missing, as the follower knew; nothing where the chain ends within the segment. */
function knownUntil({ facts }: ChainLink, unloggedAt: Lsn | undefined): WalTime | undefined {
  return unloggedAt === undefined ? facts.recoverableUntil : undefined
}

/** An ISO time in the form of WAL's times; one of milliseconds as the last microsecond of them. */
function latestOf(time: string): WalTime {
  if (/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/.test(time)) return time
  return `${new Date(time).toISOString().slice(0, 23)}999Z`
}
