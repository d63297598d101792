import type { Context } from '@holdfast/core/context'
import { isAppError } from '@holdfast/core/errors/app-error'
import { type Check, type CheckOutcome, runCheck } from '@holdfast/core/proof/check'
import type { MysqlConnection } from '../../connection/connection.ts'
import { compareNames } from './compare-fingerprint.ts'

/**
 * Makes the accounts and roles that are not there yet, with their grants. Accounts that are there stay as they are, password
 * and all. Returns what a person should know: a grant that this server does not know is no reason to give up the data; and
 * whether all of them are there then.
 */
export async function restoreUsers(
  session: MysqlConnection,
  sql: Uint8Array,
  ctx: Context,
): Promise<{ readonly warnings: readonly string[]; readonly check: Check }> {
  const kept = new Set<string>()
  const names: string[] = []
  const warnings: string[] = []
  let account = ''
  for (const line of Buffer.from(sql).toString('utf8').split('\n')) {
    const [, heading, name = ''] = /^-- (account|grants) (.+)$/.exec(line) ?? []
    if (heading !== undefined) {
      account = name
      if (heading === 'account') names.push(name)
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
  return { warnings, check: await runCheck({ name: 'accounts' }, () => findMissing(session, names, ctx), ctx) }
}

async function findMissing(session: MysqlConnection, names: readonly string[], ctx: Context): Promise<CheckOutcome> {
  const missing: string[] = []
  for (const name of names) if (!(await exists(session, name, ctx))) missing.push(name)
  // a server that resolves no names takes no account by one, and would let nobody in by it
  const resolvesNames = (await session.value('SELECT @@GLOBAL.skip_name_resolve', ctx)) === '0'
  const lost = new Set(missing.filter((name) => resolvesNames || !/@`[^`%]*[a-z][^`%]*`$/i.test(name)))
  return compareNames(
    names,
    names.filter((name) => !lost.has(name)),
  )
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
