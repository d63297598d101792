import type { Context } from '@holdfast/core/context'
import type { MysqlConnection } from '../connection/connection.ts'
import type { MysqlTarget } from '../connection/target.ts'
import type { BinlogPosition } from './binlog-position.ts'
import { eventType } from './binlog-event.ts'
import { type BinlogStart, streamBinlog } from './binlog-stream.ts'

export interface ServerBinlog {
  readonly file: string
  readonly sizeBytes: number
}

/** The files that the server still has, oldest first. */
export async function listBinlogs(session: MysqlConnection, ctx: Context): Promise<ServerBinlog[]> {
  const rows = await session.query('SHOW BINARY LOGS', ctx)
  return rows.map(([file, size]) => ({ file: file ?? '', sizeBytes: Number(size ?? 0) }))
}

/** Where the server writes next; undefined when it writes no log. */
export async function currentPosition(session: MysqlConnection, ctx: Context): Promise<BinlogPosition | undefined> {
  const { family, number } = session.version
  const status = family === 'mysql' && number >= 80_200 ? 'SHOW BINARY LOG STATUS' : 'SHOW MASTER STATUS'
  const row = await session.record(status, ctx)
  const [file, position] = [row?.get('File'), row?.get('Position')]
  if (typeof file !== 'string' || typeof position !== 'string' || file === '') return undefined
  return { file, position: Number(position) }
}

/** When the server began a file, seconds since 1970: its own name may come again, this does not. */
export async function readCreation(
  target: MysqlTarget,
  start: Omit<BinlogStart, 'position'>,
  ctx: Context,
): Promise<number | undefined> {
  for await (const event of streamBinlog(target, { ...start, position: 4 }, ctx)) {
    if (event.type === eventType.formatDescription) return event.timestamp
    if (!event.isArtificial && event.type !== eventType.rotate && event.type !== eventType.heartbeat) return undefined
  }
  return undefined
}
