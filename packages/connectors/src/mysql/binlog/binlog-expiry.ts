import type { Context } from '@holdfast/core/context'
import type { MysqlConnection } from '../connection/connection.ts'

/** After which age the server drops files of its binary log, in milliseconds; undefined when it never does. */
export async function readBinlogExpiry(session: MysqlConnection, ctx: Context): Promise<number | undefined> {
  const seconds = Number(await session.value('SELECT @@GLOBAL.binlog_expire_logs_seconds', ctx))
  return seconds > 0 ? Math.round(seconds * 1000) : undefined
}
