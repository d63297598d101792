import type { Context } from '@holdfast/core/context'
import { eventsIn } from '../binlog/binlog-event.ts'
import { type BinlogPosition, comparePositions, formatPosition } from '../binlog/binlog-position.ts'
import { GtidSet } from '../binlog/gtid-set.ts'
import type { SliceFacts } from '../binlog/slice-facts.ts'
import { type LoggedTransaction, TransactionTracker } from '../binlog/transaction-tracker.ts'
import type { BinlogChain, LogStretch } from './binlog-chain.ts'
import { placeUnknown } from './place-unknown.ts'
import { describePoint, type MysqlRecoveryTarget } from './recovery-point.ts'

/** Reads a slice's bytes. */
export type ReadSlice = (facts: SliceFacts, ctx: Context) => Promise<Buffer>

/** Exactly what of a log is replayed. */
export interface ReplayPlan {
  readonly chain: BinlogChain
  readonly from: BinlogPosition
  /** the first event that is not replayed */
  readonly to: BinlogPosition
  /** in order: one for each server that was followed */
  readonly parts: readonly ReplayPart[]
  /** within that, what is left out: whole transactions */
  readonly without: readonly ExcludedTransaction[]
  readonly bytes: number
}

export interface ReplayPart {
  readonly stretch: LogStretch
  readonly from: BinlogPosition
  readonly to: BinlogPosition
}

export interface ExcludedTransaction {
  /** of the log whose file it lies in */
  readonly generation: number
  readonly file: string
  readonly startPosition: number
  readonly endPosition: number
}

/**
 * Finds the places of a target in the log: reads only slices that may hold them. Returns undefined when nothing is to be
 * replayed. Fails with MYSQL_PLACE_UNKNOWN.
 */
export async function planReplay(
  chain: BinlogChain,
  target: MysqlRecoveryTarget,
  read: ReadSlice,
  ctx: Context,
): Promise<ReplayPlan | undefined> {
  if (target.stop.type === 'backup' || chain.stretches.length === 0) {
    if (target.without.length > 0) throw placeUnknown(`transaction ${target.without[0] ?? ''}`, chain.stretches)
    return undefined
  }
  const whole: ReplayPart[] = []
  for (const stretch of chain.stretches) {
    whole.push({ stretch, from: stretch.from, to: await naturalEnd(stretch, read, ctx) })
  }
  const parts = (await untilStop(whole, target, read, ctx)).filter(({ from, to }) => comparePositions(from, to) < 0)
  const without = await findExcluded(whole, target.without, read, ctx)
  const [first, last] = [parts[0], parts.at(-1)]
  if (first === undefined || last === undefined) return undefined
  const bytes = parts.reduce((sum, part) => sum + bytesOf(part), 0)
  return { chain, from: first.from, to: last.to, parts, without, bytes }
}

function bytesOf({ stretch, from, to }: ReplayPart): number {
  return stretch.slices.reduce((sum, { file, startPosition, endPosition }) => {
    const begin = comparePositions({ file, position: startPosition }, from) < 0 ? from.position : startPosition
    const isBeyond = comparePositions({ file, position: startPosition }, to) >= 0
    return isBeyond
      ? sum
      : sum + Math.max(0, (file === to.file ? Math.min(endPosition, to.position) : endPosition) - begin)
  }, 0)
}

/** Where the last transaction ends that is part of the history: what a fail-over lost is not. */
async function naturalEnd(stretch: LogStretch, read: ReadSlice, ctx: Context): Promise<BinlogPosition> {
  if (stretch.kept === undefined) return stretch.end
  const kept = GtidSet.parse(stretch.kept)
  const isLost = ({ gtid }: { readonly gtid?: string }): boolean => gtid === undefined || !kept.has(gtid)
  const whole = { stretch, from: stretch.from, to: stretch.end }
  const lost = await findTransaction(whole, isLost, isLost, read, ctx)
  return lost === undefined ? stretch.end : { file: lost.file, position: lost.startPosition }
}

/** The parts up to where a target stops. */
async function untilStop(
  whole: readonly ReplayPart[],
  { stop, inclusive }: MysqlRecoveryTarget,
  read: ReadSlice,
  ctx: Context,
): Promise<readonly ReplayPart[]> {
  const upTo = (at: number, to: BinlogPosition): ReplayPart[] =>
    whole.slice(0, at + 1).map((part, index) => (index === at ? { ...part, to } : part))
  switch (stop.type) {
    case 'latest':
    case 'backup':
      return whole
    case 'time': {
      const second = Math.floor(Date.parse(stop.at) / 1000)
      const isBeyond = (committedAt: number): boolean => (inclusive ? committedAt > second : committedAt >= second)
      const mayHold = ({ latestCommitAt }: SliceFacts): boolean =>
        latestCommitAt !== undefined && isBeyond(Date.parse(latestCommitAt) / 1000)
      for (const [at, part] of whole.entries()) {
        const found = await findTransaction(part, mayHold, ({ committedAt }) => isBeyond(committedAt), read, ctx)
        if (found !== undefined) return upTo(at, { file: found.file, position: found.startPosition })
      }
      return whole
    }
    case 'gtid': {
      for (const [at, part] of whole.entries()) {
        const mayHold = (): boolean => true
        const found = await findTransaction(part, mayHold, ({ gtid }) => gtid === stop.gtid, read, ctx)
        if (found === undefined) continue
        return upTo(at, { file: found.file, position: inclusive ? found.endPosition : found.startPosition })
      }
      throw placeUnknown(describePoint(stop), stretchesOf(whole))
    }
    case 'position': {
      // names of files may come again at another server: the newest
      const at = whole.findLastIndex(
        ({ from, to }) => comparePositions(from, stop) <= 0 && comparePositions(stop, to) <= 0,
      )
      if (at < 0) throw placeUnknown(describePoint(stop), stretchesOf(whole))
      return upTo(at, { file: stop.file, position: stop.position })
    }
  }
}

async function findExcluded(
  whole: readonly ReplayPart[],
  names: readonly string[],
  read: ReadSlice,
  ctx: Context,
): Promise<ExcludedTransaction[]> {
  const excluded: ExcludedTransaction[] = []
  for (const name of names) {
    const isIt = (one: FoundTransaction): boolean =>
      one.gtid === name || formatPosition({ file: one.file, position: one.startPosition }) === name
    let found: ExcludedTransaction | undefined
    for (const part of whole) found = (await findTransaction(part, () => true, isIt, read, ctx)) ?? found
    if (found === undefined) throw placeUnknown(`transaction ${name}`, stretchesOf(whole))
    excluded.push(found)
  }
  return excluded
}

type FoundTransaction = LoggedTransaction & { readonly file: string; readonly generation: number }

/** The first transaction of a part that fits. Only slices that may hold it are read, and what its beginning lies in. */
async function findTransaction(
  { stretch: { slices }, from, to }: ReplayPart,
  mayHold: (facts: SliceFacts) => boolean,
  fits: (found: FoundTransaction) => boolean,
  read: ReadSlice,
  ctx: Context,
): Promise<FoundTransaction | undefined> {
  let tracker: TransactionTracker | undefined
  for (const [at, facts] of slices.entries()) {
    const { file, startPosition, generation } = facts
    const opensWithin = (slices[at + 1]?.file === file && !endsBetween(facts)) || tracker?.openSince !== undefined
    if (!mayHold(facts) && !opensWithin) {
      tracker = undefined
      continue
    }
    if (tracker === undefined || startPosition === 0 || tracker.position !== startPosition) {
      tracker = new TransactionTracker(Math.max(4, startPosition))
    }
    for (const event of eventsIn(await read(facts, ctx))) {
      const done = tracker.add(event)
      if (done === undefined || comparePositions({ file, position: done.endPosition }, from) <= 0) continue
      if (comparePositions({ file, position: done.startPosition }, to) >= 0) return undefined
      const found = { ...done, file, generation }
      if (fits(found)) return found
    }
  }
  return undefined
}

function endsBetween({ commitPosition, endPosition, endsFile }: SliceFacts): boolean {
  return endsFile || commitPosition === endPosition
}

function stretchesOf(whole: readonly ReplayPart[]): readonly LogStretch[] {
  return whole.map(({ stretch }) => stretch)
}
