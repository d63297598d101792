import { homedir } from 'node:os'
import { parseMysqlTarget } from '@holdfast/connectors/mysql/connection/parse-target'
import type { MysqlTarget } from '@holdfast/connectors/mysql/connection/target'
import { AppError } from '@holdfast/core/errors/app-error'
import type { Variables } from '../argument/option.ts'
import { currentIdentity } from '../session/identity.ts'

/** mysql://… or mariadb://… */
export function isMysqlConnection(text: string): boolean {
  return /^(?:mysql|mariadb):\/\//.test(text)
}

/**
 * The server that an argument names, completed from MYSQL_PWD and ~/.my.cnf. A password in it is refused: every user of the
 * machine could read it in the list of processes.
 */
export function readMysqlConnection(text: string, variables: Variables): MysqlTarget {
  const surroundings = { variable: variables, homeDirectory: homedir(), userName: currentIdentity().username }
  const target = parseMysqlTarget(text, surroundings)
  if (target.passwordInText) throw new AppError('MYSQL_PASSWORD_IN_ARGUMENTS', {})
  return target
}

/** The host that snapshots of a source name: that of its server, this machine's for a socket. */
export function mysqlSourceHost({ host, socket }: MysqlTarget): string {
  const isHere = socket !== undefined || host === 'localhost' || host === '127.0.0.1' || host === '::1'
  return isHere ? currentIdentity().hostname : host
}

/** Those of `--database`; else the one that the address names; else all. */
export function chosenDatabases(named: readonly string[], { database }: MysqlTarget): readonly string[] {
  return named.length > 0 || database === undefined ? named : [database]
}
