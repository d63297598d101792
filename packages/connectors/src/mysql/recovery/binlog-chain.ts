import { binlogIndex, type BinlogPosition } from '../binlog/binlog-position.ts'
import { GtidSet } from '../binlog/gtid-set.ts'
import type { SliceFacts } from '../binlog/slice-facts.ts'

/** A backup that a log can be replayed on. */
export interface RecoverableBase {
  readonly id: string
  /** what was committed later than this is not in it; ISO 8601 */
  readonly consistentAt: string
  readonly startedAt: string
  readonly serverId: number
  /** absent when the server wrote no log */
  readonly position?: BinlogPosition
}

/** The log of one server, as far as nothing is missing. */
export interface LogStretch {
  /** in order; the first one holds `from` */
  readonly slices: readonly SliceFacts[]
  /** the beginning of the first file, which tells how its events are to be read */
  readonly head: SliceFacts
  readonly from: BinlogPosition
  /** where the last whole transaction ends */
  readonly end: BinlogPosition
  /** After it another server took over, which had these transactions only: the first other one ends the stretch. */
  readonly kept?: string
}

/** A backup and the log that goes on from it without a hole. */
export interface BinlogChain {
  readonly base: RecoverableBase
  /** one for each server that was followed since */
  readonly stretches: readonly LogStretch[]
  /** of all stretches, in order */
  readonly slices: readonly SliceFacts[]
  readonly end: BinlogPosition | undefined
  /** everything committed by then can be brought back */
  readonly until: string
}

/** What can be replayed on a backup, as far as nothing is missing, over fail-overs from server to server. */
export function chainFrom(base: RecoverableBase, all: readonly SliceFacts[]): BinlogChain {
  const { position } = base
  const alone = { base, stretches: [], slices: [], end: position, until: base.consistentAt }
  if (position === undefined) return alone
  const isOwn = (one: SliceFacts): boolean => one.serverId === base.serverId && holds(one, position)
  // names come again when logs begin anew: the newest file that was there when the backup was made
  const began = (one: SliceFacts): boolean => one.fileCreatedAt * 1000 <= Date.parse(base.consistentAt)
  const generation = Math.max(0, ...all.filter((one) => isOwn(one) && began(one)).map((one) => one.generation))
  const first = stretchFrom(position, generation, all)
  if (first === undefined) return alone
  const stretches = [first]
  for (let own = generation; ;) {
    const last = stretches.at(-1)
    const next = last && nextStretch(base, last, own, all)
    if (last === undefined || next === undefined) break
    stretches.splice(-1, 1, { ...last, kept: next.kept }, next.stretch)
    own = next.generation
  }
  const slices = stretches.flatMap((stretch) => stretch.slices)
  const known = slices
    .map(({ recoverableUntil }) => recoverableUntil ?? '')
    .filter((until) => until > base.consistentAt)
  return {
    base,
    stretches,
    slices,
    end: stretches.at(-1)?.end,
    until: known.toSorted().at(-1) ?? base.consistentAt,
  }
}

function holds({ file, startPosition, endPosition }: SliceFacts, place: BinlogPosition): boolean {
  return file === place.file && startPosition <= place.position && place.position <= endPosition
}

function stretchFrom(from: BinlogPosition, generation: number, all: readonly SliceFacts[]): LogStretch | undefined {
  const own = all.filter((one) => one.generation === generation).toSorted(compareSlices)
  const first = own.findIndex((one) => holds(one, from))
  const head = own.find((one) => one.file === from.file && one.startPosition === 0)
  if (first < 0 || head === undefined) return undefined
  const slices = contiguous(own.slice(first))
  const withCommit = slices.findLast((one) => (one.commitPosition ?? 0) > 0)
  const lastCommit = withCommit && { file: withCommit.file, position: withCommit.commitPosition ?? 0 }
  const isBehind = lastCommit === undefined || (lastCommit.file === from.file && lastCommit.position < from.position)
  return { slices, head, from, end: isBehind ? from : lastCommit }
}

/** The server that took over, if all that it had in common with the one before is there. */
function nextStretch(
  base: RecoverableBase,
  { slices }: LogStretch,
  generation: number,
  all: readonly SliceFacts[],
): { readonly stretch: LogStretch; readonly kept: string; readonly generation: number } | undefined {
  const links = all.filter(({ follows }) => follows?.generation === generation)
  for (const { file, follows, generation: later } of links.toSorted(compareSlices).toReversed()) {
    if (follows === undefined || later <= generation) continue
    const shared = GtidSet.parse(follows.gtids)
    const isReached = slices.some(({ gtids }) => gtids !== undefined && shared.isWithin(GtidSet.parse(gtids)))
    if (!isReached || !isBaseKept(base, slices, shared)) continue
    const stretch = stretchFrom({ file, position: follows.position }, later, all)
    if (stretch !== undefined) return { stretch, kept: follows.gtids, generation: later }
  }
  return undefined
}

/** A backup that holds what was lost by a fail-over is of another history than what came after it. */
function isBaseKept({ position }: RecoverableBase, slices: readonly SliceFacts[], shared: GtidSet): boolean {
  if (position?.gtid !== undefined && position.gtid !== '') {
    // without what is no set of GTIDs nothing can be said: then nothing may have been lost at all
    try {
      return GtidSet.parse(position.gtid.replaceAll(/\s/g, '')).isWithin(shared)
    } catch {
      return false
    }
  }
  const newest = slices.findLast(({ gtid }) => gtid !== undefined)?.gtid
  return newest !== undefined && shared.has(newest)
}

/** As far as each slice goes on where the one before ends; those that repeat what came are left out. */
function contiguous(sorted: readonly SliceFacts[]): SliceFacts[] {
  const chain: SliceFacts[] = []
  for (const slice of sorted) {
    const last = chain.at(-1)
    if (last === undefined) chain.push(slice)
    else if (slice.file === last.file) {
      if (slice.startPosition > last.endPosition) break
      // one that adds nothing may tell how long there was nothing
      if (slice.endPosition >= last.endPosition) chain.push(slice)
    } else if (
      last.endsFile &&
      binlogIndex(slice.file) === (binlogIndex(last.file) ?? 0) + 1 &&
      slice.startPosition === 0
    ) {
      chain.push(slice)
    } else break
  }
  return chain
}

export function compareSlices(first: SliceFacts, second: SliceFacts): number {
  return (
    first.generation - second.generation ||
    (binlogIndex(first.file) ?? 0) - (binlogIndex(second.file) ?? 0) ||
    first.startPosition - second.startPosition ||
    first.endPosition - second.endPosition
  )
}
