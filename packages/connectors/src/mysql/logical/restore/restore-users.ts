import type { Context } from '@holdfast/core/context'
import { isAppError } from '@holdfast/core/errors/app-error'
import type { MysqlConnection } from '../../connection/connection.ts'

/**
 * Makes the accounts and roles that are not there yet, with their grants. Accounts that are there stay as they are, password
 * and all. Returns what a person should know: a grant that this server does not know is no reason to give up the data.
 */
export async function restoreUsers(session: MysqlConnection, sql: Uint8Array, ctx: Context): Promise<string[]> {
  const kept = new Set<string>()
  const warnings: string[] = []
  let account = ''
  for (const line of Buffer.from(sql).toString('utf8').split('\n')) {
    const [, heading, name = ''] = /^-- (account|grants) (.+)$/.exec(line) ?? []
    if (heading !== undefined) {
      account = name
      if (heading === 'account' && (await exists(session, name, ctx))) kept.add(name)
    } else if (line !== '' && !line.startsWith('-- ') && !kept.has(account)) {
      try {
        await session.query(line.replace(/;$/, ''), ctx)
      } catch (error) {
        if (!isAppError(error, 'MYSQL_QUERY_FAILED') && !isAppError(error, 'MYSQL_PRIVILEGE_MISSING')) throw error
        warnings.push(`of account ${account} something is missing: ${error.message}`)
      }
    }
  }
  if (kept.size > 0) warnings.push(`accounts that existed already were left as they are: ${[...kept].join(', ')}`)
  return warnings
}

async function exists(session: MysqlConnection, name: string, ctx: Context): Promise<boolean> {
  try {
    await session.query(`SHOW GRANTS FOR ${name}`, ctx)
    return true
  } catch (error) {
    if (isAppError(error, 'MYSQL_QUERY_FAILED')) return false
    throw error
  }
}
