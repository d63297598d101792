import { parseMysqlTarget } from '@holdfast/connectors/mysql/connection/parse-target'
import type { MysqlTarget } from '@holdfast/connectors/mysql/connection/target'
import type { MysqlWorkload } from '@holdfast/core/config/effective-config'
import type { Context } from '@holdfast/core/context'
import type { Machine } from './machine.ts'

/**
 * The server of a configured source, completed from MYSQL_PWD and ~/.my.cnf. Fails with MYSQL_TARGET_INVALID, SECRET_…
 */
export async function mysqlTarget(
  { connection, password }: MysqlWorkload,
  machine: Machine,
  ctx: Context,
): Promise<MysqlTarget> {
  const { homeDirectory, identity } = machine
  const surroundings = {
    variable: (name: string) => machine.variable(name),
    homeDirectory,
    userName: identity.username,
  }
  const target = parseMysqlTarget(await machine.resolveSecret(connection, ctx), surroundings)
  return password === undefined ? target : { ...target, password: await machine.resolveSecret(password, ctx) }
}

/** The host that snapshots of a source name: that of its server, this machine's for a socket. */
export function mysqlHost({ host, socket }: MysqlTarget, here: string): string {
  return socket !== undefined || ['localhost', '127.0.0.1', '::1'].includes(host) ? here : host
}
