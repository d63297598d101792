import type { Context } from '@holdfast/core/context'
import { AppError, isAppError } from '@holdfast/core/errors/app-error'
import type { MysqlConnection } from '../connection/connection.ts'

/**
 * Says before anything is done that pgloader cannot log in as this account: it knows no other way than
 * mysql_native_password. Passes when the account may not see how it logs in. Fails with MYSQL_MIGRATION_IMPOSSIBLE.
 */
export async function checkPgloaderLogin(session: MysqlConnection, ctx: Context): Promise<void> {
  let plugin: string | null
  try {
    plugin = await session.value("SELECT plugin FROM mysql.user WHERE CONCAT(user, '@', host) = CURRENT_USER()", ctx)
  } catch (error) {
    if (isAppError(error, 'MYSQL_PRIVILEGE_MISSING') || isAppError(error, 'MYSQL_QUERY_FAILED')) return
    throw error
  }
  if (plugin !== 'caching_sha2_password' && plugin !== 'sha256_password') return
  throw new AppError('MYSQL_MIGRATION_IMPOSSIBLE', {
    reason: `${session.user} logs in to ${session.host} by ${plugin}, which pgloader does not know`,
    advice:
      'Use an account IDENTIFIED WITH mysql_native_password; where the server has no such, as MySQL 9, move to MariaDB first.',
  })
}
