import { binlogIndex, type BinlogPosition } from '../binlog/binlog-position.ts'
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

/** A backup and the log that goes on from it without a hole. */
export interface BinlogChain {
  readonly base: RecoverableBase
  /** in order; the first one holds the base's position */
  readonly slices: readonly SliceFacts[]
  /** the beginning of the base's file, which tells how its events are to be read */
  readonly head: SliceFacts | undefined
  /** where the last whole transaction ends */
  readonly end: BinlogPosition | undefined
  /** everything committed by then can be brought back */
  readonly until: string
}

/** What can be replayed on a backup, as far as nothing is missing. */
export function chainFrom(base: RecoverableBase, all: readonly SliceFacts[]): BinlogChain {
  const { position } = base
  const alone = { base, slices: [], head: undefined, end: position, until: base.consistentAt }
  if (position === undefined) return alone
  const holds = (one: SliceFacts): boolean =>
    one.file === position.file &&
    one.serverId === base.serverId &&
    one.startPosition <= position.position &&
    position.position <= one.endPosition
  // names come again when logs begin anew: the newest file that was there when the backup was made
  const began = (one: SliceFacts): boolean => one.fileCreatedAt * 1000 <= Date.parse(base.consistentAt)
  const generation = Math.max(0, ...all.filter((one) => holds(one) && began(one)).map((one) => one.generation))
  const own = all.filter((one) => one.generation === generation).toSorted(compareSlices)
  const first = own.findIndex(holds)
  const head = own.find((one) => one.file === position.file && one.startPosition === 0)
  if (first < 0 || head === undefined) return alone
  const slices = contiguous(own.slice(first))
  const withCommit = slices.findLast((one) => (one.commitPosition ?? 0) > 0)
  const lastCommit = withCommit && { file: withCommit.file, position: withCommit.commitPosition ?? 0 }
  const isBehind =
    lastCommit === undefined || (lastCommit.file === position.file && lastCommit.position < position.position)
  const known = slices
    .map(({ recoverableUntil }) => recoverableUntil ?? '')
    .filter((until) => until > base.consistentAt)
  return {
    base,
    slices,
    head,
    end: isBehind ? position : lastCommit,
    until: known.toSorted().at(-1) ?? base.consistentAt,
  }
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
