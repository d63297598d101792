import type { Context } from '@holdfast/core/context'
import { type AppError, isAppError } from '@holdfast/core/errors/app-error'
import type { MysqlConnection, TextRows } from '../connection/connection.ts'
import { mysqlErrorNumber } from '../connection/connection-error.ts'
import { quoteIdentifier } from '../connection/quote.ts'

/** Accounts that every server makes for itself. */
const ownAccounts = new Set(['mariadb.sys', 'mysql.sys', 'mysql.session', 'mysql.infoschema'])
/** ER_PASSWORD_NO_MATCH: an account of the table that the server does not have. */
const noSuchAccount = 1133

export interface UsersDump {
  /** undefined: they could not be read */
  readonly sql: string | undefined
  readonly warnings: readonly string[]
}

/**
 * Accounts, roles and grants as statements, one to a line, behind a comment that names the account: so that they can be
 * restored apart from data, and none of the server's own tables ever goes from one version into another.
 */
export async function dumpUsers(session: MysqlConnection, ctx: Context): Promise<UsersDump> {
  const role = session.version.family === 'mariadb' ? 'is_role' : "'N'"
  const accounts = await ask(session, `SELECT user, host, ${role} FROM mysql.user ORDER BY 3 DESC, 1, 2`, ctx)
  if (isAppError(accounts)) {
    const warning = `accounts and grants are not in the backup: ${accounts.message}; grant SELECT on mysql.* to have them`
    return { sql: undefined, warnings: [warning] }
  }
  const [makes, grants, warnings]: [string[], string[], string[]] = [[], [], []]
  for (const [user, host, isRole] of accounts) {
    if (user === null || user === undefined || ownAccounts.has(user)) continue
    const name = isRole === 'Y' ? quoteIdentifier(user) : `${quoteIdentifier(user)}@${quoteIdentifier(host ?? '')}`
    const made = isRole === 'Y' ? [[`CREATE ROLE ${name}`]] : await ask(session, `SHOW CREATE USER ${name}`, ctx)
    const given = await ask(session, `SHOW GRANTS FOR ${name}`, ctx)
    if (isAppError(made) || isAppError(given)) {
      const failure = isAppError(made) ? made : given
      // one by host name on a server that resolves no names has never been able to log in: nothing is lost
      if (isAppError(failure) && mysqlErrorNumber(failure) !== noSuchAccount) {
        warnings.push(`account ${name} is not in the backup: ${failure.message}`)
      }
      continue
    }
    makes.push(`-- account ${name}`, ...made.map(([statement]) => `${oneLine(statement ?? '')};`))
    grants.push(`-- grants ${name}`, ...given.map(([statement]) => `${oneLine(statement ?? '')};`))
  }
  return { sql: [...makes, ...grants, '-- end', ''].join('\n'), warnings }
}

/** The rows, or why the server gives none. */
async function ask(session: MysqlConnection, sql: string, ctx: Context): Promise<TextRows | AppError> {
  try {
    return await session.query(sql, ctx)
  } catch (error) {
    if (isAppError(error, 'MYSQL_QUERY_FAILED') || isAppError(error, 'MYSQL_PRIVILEGE_MISSING')) return error
    throw error
  }
}

function oneLine(statement: string): string {
  return statement.replaceAll('\n', ' ')
}
