import { setTimeout as pause } from 'node:timers/promises'
import { type Context, withSignal } from '@holdfast/core/context'
import { isAppError } from '@holdfast/core/errors/app-error'
import { formatDurationMs } from '@holdfast/core/units/duration'
import type { BinlogPosition } from '../../binlog/binlog-position.ts'
import { connectMysql } from '../../connection/connect.ts'
import type { MysqlConnection } from '../../connection/connection.ts'
import { mysqlErrorNumber } from '../../connection/connection-error.ts'
import type { MysqlTarget } from '../../connection/target.ts'
import { serverClock } from '../read-server-facts.ts'

/** ER_LOCK_WAIT_TIMEOUT */
const waitedInVain = 1205
/** how often the server hears of a lock that is kept */
export const keepAliveMs = 10_000

export interface LockChoice {
  /** each step is waited for so long */
  readonly waitMs: number
  /** nobody writes anything until it is released, also to tables without transactions */
  readonly keepsWriters: boolean
}

/** While it is held nothing is committed, so that transactions that begin meanwhile see the same. Disposing of it releases it. */
export interface SnapshotLock extends AsyncDisposable {
  /** the place that belongs to it; undefined when the server writes no log */
  readonly place: { readonly position: BinlogPosition | undefined; readonly consistentAt: string }
  /** Fails with MYSQL_CONNECTION_LOST when it was lost before: then what began meanwhile may differ. */
  release(ctx: Context): Promise<void>
}

/**
 * Takes the lock on a session of its own, which releases it also when this process dies. Returns a sentence instead when others do
 * not let it, or the account may not. Fails with the codes of connections.
 */
export async function lockForSnapshots(
  target: MysqlTarget,
  choice: LockChoice,
  ctx: Context,
): Promise<SnapshotLock | string> {
  const { waitMs, keepsWriters } = choice
  const session = await connectMysql(target, ctx)
  const seconds = (ms: number): number => Math.max(1, Math.ceil(ms / 1000))
  try {
    await session.query(`SET SESSION lock_wait_timeout = ${seconds(waitMs)}`, ctx)
    await session.query(`SET SESSION wait_timeout = ${seconds(idleLimitOf(choice))}`, ctx)
    const { take, release } = statementsOf(session, keepsWriters)
    for (const sql of take) await session.query(sql, ctx)
    const place = { position: await readPosition(session, ctx), consistentAt: await serverClock(session, ctx) }
    const stop = new AbortController()
    const kept = keepAlive(session, stop.signal, ctx)
    let isOver = false
    const end = async (last: () => Promise<unknown>): Promise<void> => {
      if (isOver) return
      isOver = true
      stop.abort()
      await kept
      try {
        await last()
      } finally {
        await session[Symbol.asyncDispose]()
      }
    }
    return {
      place,
      release: (own) => end(() => session.query(release, own)),
      [Symbol.asyncDispose]: () => end(async () => {}),
    }
  } catch (error) {
    await session[Symbol.asyncDispose]()
    if (mysqlErrorNumber(error) === waitedInVain)
      return `other statements did not let it in ${formatDurationMs(waitMs)}`
    if (isAppError(error, 'MYSQL_QUERY_FAILED') || isAppError(error, 'MYSQL_PRIVILEGE_MISSING')) return error.message
    throw error
  }
}

/**
 * After so long without a word from us the server itself ends the session, and with it the lock: longer than programs may take to
 * begin. One that is kept for hours must outlive a process that has much to do and speaks late.
 */
export function idleLimitOf({ waitMs, keepsWriters }: LockChoice): number {
  return waitMs + (keepsWriters ? 3 * keepAliveMs : keepAliveMs)
}

/**
 * MariaDB's backup stages wait for commits that are under way, and not for queries. MySQL has only the lock of everything; its
 * tables are flushed before, so that long queries are waited for while others still write. Statements of the lock stay out of
 * the binary log.
 */
function statementsOf({ version }: MysqlConnection, keepsWriters: boolean) {
  if (version.family === 'mariadb' && !keepsWriters) {
    const stages = ['START', 'FLUSH', 'BLOCK_DDL', 'BLOCK_COMMIT']
    return { take: stages.map((stage) => `BACKUP STAGE ${stage}`), release: 'BACKUP STAGE END' }
  }
  return { take: ['FLUSH LOCAL TABLES', 'FLUSH TABLES WITH READ LOCK'], release: 'UNLOCK TABLES' }
}

async function readPosition(session: MysqlConnection, ctx: Context): Promise<BinlogPosition | undefined> {
  const { family, number } = session.version
  const isNew = family === 'mysql' && number >= 80_200
  const status = await session.record(isNew ? 'SHOW BINARY LOG STATUS' : 'SHOW MASTER STATUS', ctx)
  const [file, position] = [status?.get('File'), status?.get('Position')]
  if (typeof file !== 'string' || typeof position !== 'string') return undefined
  const gtid =
    family === 'mariadb'
      ? await session.value(`SELECT BINLOG_GTID_POS('${file}', ${position})`, ctx)
      : status?.get('Executed_Gtid_Set')?.replaceAll(/\s/g, '')
  const known = gtid === undefined || gtid === null || gtid === '' ? {} : { gtid }
  return { file, position: Number(position), ...known }
}

/** Ends without an error: whoever releases the lock hears of a session that is gone. */
async function keepAlive(session: MysqlConnection, stop: AbortSignal, ctx: Context): Promise<void> {
  const isOver = (): boolean => stop.aborted || ctx.signal.aborted
  while (!isOver()) {
    await pause(keepAliveMs, undefined, { signal: AbortSignal.any([stop, ctx.signal]) }).catch(() => {})
    if (isOver()) return
    // not stopped in the middle, which would end the session
    const inTime = AbortSignal.any([ctx.signal, AbortSignal.timeout(keepAliveMs)])
    await session.value('SELECT 1', withSignal(ctx, inTime)).catch(() => {})
  }
}
