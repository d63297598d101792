import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import { eventsIn } from '../binlog/binlog-event.ts'
import { type BinlogPosition, comparePositions, formatPosition } from '../binlog/binlog-position.ts'
import type { SliceFacts } from '../binlog/slice-facts.ts'
import { type LoggedTransaction, TransactionTracker } from '../binlog/transaction-tracker.ts'
import type { BinlogChain } from './binlog-chain.ts'
import { describePoint, type MysqlRecoveryTarget } from './recovery-point.ts'

/** Reads a slice's bytes. */
export type ReadSlice = (facts: SliceFacts, ctx: Context) => Promise<Buffer>

/** Exactly what of a log is replayed. */
export interface ReplayPlan {
  readonly chain: BinlogChain
  readonly from: BinlogPosition
  /** the first event that is not replayed */
  readonly to: BinlogPosition
  /** within that, what is left out: whole transactions */
  readonly without: readonly ExcludedTransaction[]
  readonly bytes: number
}

export interface ExcludedTransaction {
  readonly file: string
  readonly startPosition: number
  readonly endPosition: number
}

/**
 * Finds the places of a target in the log: reads only slices that may hold them. Returns undefined when nothing is to be
 * replayed. Fails with RECOVERY_POINT_UNKNOWN.
 */
export async function planReplay(
  chain: BinlogChain,
  target: MysqlRecoveryTarget,
  read: ReadSlice,
  ctx: Context,
): Promise<ReplayPlan | undefined> {
  const from = chain.base.position
  if (target.stop.type === 'backup' || from === undefined || chain.end === undefined) {
    if (target.without.length > 0) throw unknown(target.without[0] ?? '')
    return undefined
  }
  const to = await findStop(chain, target, read, ctx)
  const without = await findExcluded(chain, target.without, read, ctx)
  if (comparePositions(to, from) <= 0) return undefined
  const bytes = chain.slices.reduce((sum, { file, startPosition, endPosition }) => {
    const begin = comparePositions({ file, position: startPosition }, from) < 0 ? from.position : startPosition
    const isBeyond = comparePositions({ file, position: startPosition }, to) >= 0
    return isBeyond
      ? sum
      : sum + Math.max(0, (file === to.file ? Math.min(endPosition, to.position) : endPosition) - begin)
  }, 0)
  return { chain, from, to, without, bytes }
}

async function findStop(
  chain: BinlogChain,
  { stop, inclusive }: MysqlRecoveryTarget,
  read: ReadSlice,
  ctx: Context,
): Promise<BinlogPosition> {
  const { end } = chain
  if (end === undefined) throw new Error('a chain without a log')
  switch (stop.type) {
    case 'latest':
    case 'backup':
      return end
    case 'time': {
      const second = Math.floor(Date.parse(stop.at) / 1000)
      const isBeyond = (committedAt: number): boolean => (inclusive ? committedAt > second : committedAt >= second)
      const mayHold = ({ latestCommitAt }: SliceFacts): boolean =>
        latestCommitAt !== undefined && isBeyond(Date.parse(latestCommitAt) / 1000)
      const found = await findTransaction(chain, mayHold, ({ committedAt }) => isBeyond(committedAt), read, ctx)
      return found === undefined ? end : { file: found.file, position: found.startPosition }
    }
    case 'gtid': {
      const found = await findTransaction(
        chain,
        () => true,
        ({ gtid }) => gtid === stop.gtid,
        read,
        ctx,
      )
      if (found === undefined) throw unknown(describePoint(stop))
      return { file: found.file, position: inclusive ? found.endPosition : found.startPosition }
    }
    case 'position':
      return { file: stop.file, position: stop.position }
  }
}

async function findExcluded(
  chain: BinlogChain,
  names: readonly string[],
  read: ReadSlice,
  ctx: Context,
): Promise<ExcludedTransaction[]> {
  const excluded: ExcludedTransaction[] = []
  for (const name of names) {
    const isIt = (one: FoundTransaction): boolean =>
      one.gtid === name || formatPosition({ file: one.file, position: one.startPosition }) === name
    const found = await findTransaction(chain, () => true, isIt, read, ctx)
    if (found === undefined) throw unknown(`transaction ${name}`)
    excluded.push(found)
  }
  return excluded
}

type FoundTransaction = LoggedTransaction & { readonly file: string }

/** The first transaction after the base that fits. Only slices that may hold it are read, and what its beginning lies in. */
async function findTransaction(
  { slices, base }: BinlogChain,
  mayHold: (facts: SliceFacts) => boolean,
  fits: (found: FoundTransaction) => boolean,
  read: ReadSlice,
  ctx: Context,
): Promise<FoundTransaction | undefined> {
  let tracker: TransactionTracker | undefined
  for (const [at, facts] of slices.entries()) {
    const { file, startPosition } = facts
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
      if (done === undefined) continue
      const isBefore =
        base.position !== undefined && comparePositions({ file, position: done.endPosition }, base.position) <= 0
      const found = { ...done, file }
      if (!isBefore && fits(found)) return found
    }
  }
  return undefined
}

function endsBetween({ commitPosition, endPosition, endsFile }: SliceFacts): boolean {
  return endsFile || commitPosition === endPosition
}

function unknown(target: string): AppError {
  return new AppError('RECOVERY_POINT_UNKNOWN', { target, known: 'none; `holdfast coverage` shows what the log holds' })
}
