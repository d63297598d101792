import type { Context } from '@holdfast/core/context'
import type { MysqlConnection } from '../connection/connection.ts'

/** Whether two sessions lead to one server, whatever it is called in them. */
export async function isSameServer(one: MysqlConnection, other: MysqlConnection, ctx: Context): Promise<boolean> {
  const sql = "SELECT CONCAT_WS(' ', @@GLOBAL.hostname, @@GLOBAL.port, @@GLOBAL.datadir, @@GLOBAL.pid_file)"
  return (await one.value(sql, ctx)) === (await other.value(sql, ctx))
}
