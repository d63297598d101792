import type { Context } from '@holdfast/core/context'
import { isAppError } from '@holdfast/core/errors/app-error'
import type { MysqlConnection } from '../connection/connection.ts'
import { mysqlErrorNumber } from '../connection/connection-error.ts'
import { quoteIdentifier } from '../connection/quote.ts'
import { readGrants } from './grants.ts'
import type { DumpSelection, LogicalFinding } from './logical-manifest.ts'

const shown = 5
/** ER_TABLEACCESS_DENIED_ERROR and ER_DBACCESS_DENIED_ERROR: told instead of "no such table" to whom may not look */
const denied = new Set([1142, 1044])
const noTable = 'holdfast asks whether it may look'

/**
 * What the account may not see, the server lists nowhere, and a dump program leaves it out without a word: tables of a
 * database that is known by another right, triggers, routines.
 */
export async function findUnseen(
  session: MysqlConnection,
  databases: readonly string[],
  { tables }: DumpSelection,
  ctx: Context,
): Promise<LogicalFinding[]> {
  const { family } = session.version
  const grants = readGrants(await grantsOf(session, ctx))
  const unseen: [what: string, privilege: string, databases: string[]][] = []
  const note = (what: string, privilege: string, of: string[]): void => {
    if (of.length > 0) unseen.push([what, privilege, of])
  }
  const hidden: string[] = []
  // tables that were chosen are seen: they were found
  for (const name of tables.length > 0 ? [] : databases) if (await isHidden(session, name, ctx)) hidden.push(name)
  note('tables', 'SELECT', hidden)
  const without = (...privileges: string[]): string[] => {
    return databases.filter((name) => !privileges.some((one) => grants.has(one, name)))
  }
  note('triggers', 'TRIGGER', without('TRIGGER'))
  const seesRoutines = grants.has('SELECT') || grants.has('SHOW_ROUTINE') || grants.has('SELECT', 'mysql')
  const routines = family === 'mysql' ? 'SHOW_ROUTINE' : 'SELECT'
  if (!seesRoutines) note('routines', routines, without('SHOW CREATE ROUTINE'))
  if (unseen.length === 0) return []
  const list = unseen.map(
    ([what, , of]) => `${what} of ${of.slice(0, shown).join(', ')}${of.length > shown ? ' …' : ''}`,
  )
  const privileges = [...new Set(unseen.map(([, privilege]) => privilege))].join(', ')
  return [
    {
      code: 'MYSQL_DUMP_UNSEEN',
      message: `${session.user} may not see ${list.join('; ')}: if there are any that it does not see, they are not in the backup`,
      hint: `Run GRANT ${privileges} ON *.* TO the account of ${session.user}, as an administrator, and back up again.`,
    },
  ]
}

async function isHidden(session: MysqlConnection, database: string, ctx: Context): Promise<boolean> {
  try {
    await session.query(`SELECT 1 FROM ${quoteIdentifier(database)}.${quoteIdentifier(noTable)}`, ctx)
  } catch (error) {
    if (!isAppError(error, 'MYSQL_PRIVILEGE_MISSING') && !isAppError(error, 'MYSQL_QUERY_FAILED')) throw error
    return denied.has(mysqlErrorNumber(error) ?? 0)
  }
  return false
}

async function grantsOf(session: MysqlConnection, ctx: Context): Promise<string[]> {
  // MySQL tells the grants of roles only when they are named
  const roles = session.version.family === 'mysql' ? await session.value('SELECT CURRENT_ROLE()', ctx) : null
  const using = roles === null || roles === 'NONE' ? '' : ` FOR CURRENT_USER() USING ${roles}`
  return (await session.query(`SHOW GRANTS${using}`, ctx)).map(([line]) => line ?? '')
}
