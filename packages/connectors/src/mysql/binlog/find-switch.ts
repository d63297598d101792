import type { Context } from '@holdfast/core/context'
import type { MysqlConnection } from '../connection/connection.ts'
import type { MysqlTarget } from '../connection/target.ts'
import { eventType, readGtidsBefore } from './binlog-event.ts'
import { type BinlogStart, streamBinlog } from './binlog-stream.ts'
import { GtidSet } from './gtid-set.ts'
import type { ServerBinlog } from './server-binlogs.ts'
import { TransactionTracker } from './transaction-tracker.ts'

/** How a log goes on at another server. */
export interface FoundSwitch {
  readonly file: string
  /** where in that file what is new begins */
  readonly position: number
  /** what both servers have */
  readonly gtids: string
}

export interface SwitchReason {
  /** why what is stored does not lead to what this server has, for people */
  readonly reason: string
}

/**
 * Looks for the place in a server's log behind what is stored of another server's. Files are searched by the sets of
 * transactions before them; then one file is read to see that what comes is what is stored, in whatever order, and only
 * then what is new. Changes nothing.
 */
export async function findSwitch(
  control: MysqlConnection,
  target: MysqlTarget,
  request: {
    /** all that is stored */
    readonly stored: string | undefined
    readonly logs: readonly ServerBinlog[]
    readonly place: Omit<BinlogStart, 'file' | 'position'>
  },
  ctx: Context,
): Promise<FoundSwitch | SwitchReason> {
  const { stored, logs, place } = request
  if (stored === undefined) return { reason: 'what is stored has no GTIDs' }
  const shared = GtidSet.parse(stored).sharedWith(await readExecuted(control, ctx))
  if (shared.isEmpty) return { reason: 'it has none of the transactions that are stored' }
  const file = await newestWithin(logs, shared, (name) => readBefore(target, { ...place, file: name }, ctx))
  if (file === undefined) return { reason: 'its oldest file begins later than what is stored ends' }
  return await scanFile(target, { ...place, file }, shared, ctx)
}

/** All that a server has in its log or had. */
async function readExecuted(control: MysqlConnection, ctx: Context): Promise<GtidSet> {
  const name = control.version.family === 'mariadb' ? 'gtid_binlog_state' : 'gtid_executed'
  const text = (await control.value(`SELECT @@GLOBAL.${name}`, ctx)) ?? ''
  return GtidSet.parse(text.replaceAll(/\s/g, ''))
}

/** The newest file before which there is nothing but what both have: with it what is new begins. */
async function newestWithin(
  logs: readonly ServerBinlog[],
  shared: GtidSet,
  before: (file: string) => Promise<GtidSet | undefined>,
): Promise<string | undefined> {
  // the sets only grow from file to file
  let [low, high] = [-1, logs.length]
  while (high - low > 1) {
    const middle = (low + high) >> 1
    const set = await before(logs[middle]?.file ?? '')
    if (set !== undefined && set.isWithin(shared)) low = middle
    else high = middle
  }
  return logs[low]?.file
}

async function readBefore(
  target: MysqlTarget,
  start: Omit<BinlogStart, 'position'>,
  ctx: Context,
): Promise<GtidSet | undefined> {
  for await (const event of streamBinlog(target, { ...start, position: 4 }, ctx)) {
    const set = readGtidsBefore(event)
    if (set !== undefined) return set
    const { type } = event
    const isHead = type === eventType.rotate || type === eventType.formatDescription
    if (!isHead && type !== eventType.mariadbStartEncryption) return undefined
  }
  return undefined
}

async function scanFile(
  target: MysqlTarget,
  start: Omit<BinlogStart, 'position'>,
  shared: GtidSet,
  ctx: Context,
): Promise<FoundSwitch | SwitchReason> {
  const { file } = start
  const tracker = new TransactionTracker(4)
  let seen: GtidSet | undefined
  for await (const event of streamBinlog(target, { ...start, position: 4 }, ctx)) {
    if (event.type === eventType.heartbeat || event.type === eventType.heartbeat2) break
    if (event.isArtificial || event.endPosition === 0) {
      // of the file itself only the stream's first rotate event is none
      if (seen === undefined) continue
      break
    }
    seen = readGtidsBefore(event) ?? seen
    const done = tracker.add(event)
    if (done !== undefined) {
      if (done.gtid === undefined || !shared.has(done.gtid)) {
        return {
          reason: `it has ${done.gtid ?? 'a transaction without GTID'}, which is not stored, before ${shared.toString()}`,
        }
      }
      seen?.add(done.gtid)
    }
    if (seen !== undefined && shared.isWithin(seen)) {
      return { file, position: tracker.position, gtids: shared.toString() }
    }
  }
  return { reason: `${file} does not hold all of ${shared.toString()}` }
}
