import type { Context } from '@holdfast/core/context'
import type { PostgresConnection } from './connection.ts'
import type { SessionWanted } from './target.ts'

/**
 * What a role or database may have set for its own sessions, and would end a backup: a limit on the time of statements,
 * transactions or idleness. And the form of values.
 */
export async function prepareSession(
  connection: PostgresConnection,
  searchPath: 'none' | 'role',
  ctx: Context,
): Promise<void> {
  const settings = ['statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout']
  if (connection.versionNumber >= 140_000) settings.push('idle_session_timeout')
  if (connection.versionNumber >= 170_000) settings.push('transaction_timeout')
  const statements = [...settings.map((name) => `SET ${name} = 0`), "SET bytea_output = 'hex'"]
  if (searchPath === 'none') statements.push("SELECT pg_catalog.set_config('search_path', '', false)")
  await connection.query(statements.join('; '), ctx)
}

/** Whether the server behind a session is of the kind that is wanted. */
export async function hostSuits(connection: PostgresConnection, wanted: SessionWanted, ctx: Context): Promise<boolean> {
  switch (wanted) {
    case 'any':
    case 'prefer-standby':
      return true
    case 'primary':
      return !(await isStandby(connection, ctx))
    case 'standby':
      return await isStandby(connection, ctx)
    case 'read-write':
      return !(await isReadOnly(connection, ctx))
    case 'read-only':
      return await isReadOnly(connection, ctx)
  }
}

async function isStandby(connection: PostgresConnection, ctx: Context): Promise<boolean> {
  // Reported by 14 and newer; 13 has nothing else that a replication session may ask.
  const reported = connection.parameters.get('in_hot_standby')
  return reported === undefined ? await isReadOnly(connection, ctx) : reported === 'on'
}

async function isReadOnly(connection: PostgresConnection, ctx: Context): Promise<boolean> {
  const { parameters } = connection
  const reported = [parameters.get('in_hot_standby'), parameters.get('default_transaction_read_only')]
  if (!reported.includes(undefined)) return reported.includes('on')
  const [result] = await connection.query('SHOW transaction_read_only', ctx)
  return result?.rows[0]?.[0] === 'on'
}
