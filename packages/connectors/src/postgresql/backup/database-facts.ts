import type { Context } from '@holdfast/core/context'
import { isAppError } from '@holdfast/core/errors/app-error'
import { connectPostgres } from '../connection/connect.ts'
import type { PostgresConnection } from '../connection/connection.ts'
import type { PostgresTarget } from '../connection/target.ts'
import type { CollationFacts, ExtensionFacts } from './backup-manifest.ts'
import { sqlRows } from './sql-rows.ts'

const providers: Readonly<Record<string, string>> = { c: 'libc', i: 'icu', b: 'builtin', d: 'default' }

/** Extensions can only be seen from inside their database. One that does not let the role in is noted and left out. */
export async function readExtensions(
  target: PostgresTarget,
  connection: PostgresConnection,
  ctx: Context,
): Promise<ExtensionFacts[]> {
  const rows = await sqlRows(
    connection,
    `SELECT datname AS name FROM pg_database WHERE datallowconn AND has_database_privilege(oid, 'CONNECT') ORDER BY oid`,
    ctx,
  )
  const extensions: ExtensionFacts[] = []
  for (const row of rows) extensions.push(...(await extensionsOf(target, row('name') ?? '', ctx)))
  return extensions
}

async function extensionsOf(target: PostgresTarget, database: string, ctx: Context): Promise<ExtensionFacts[]> {
  try {
    await using connection = await connectPostgres(target, { database }, ctx)
    const sql = 'SELECT extname AS name, extversion AS version FROM pg_extension ORDER BY extname'
    const rows = await sqlRows(connection, sql, ctx)
    return rows.map((row) => ({ database, name: row('name') ?? '', version: row('version') ?? '' }))
  } catch (error) {
    // Dropped meanwhile, or closed by pg_hba.conf: the files are backed up all the same.
    if (!isAppError(error) || error.code === 'INTERRUPTED') throw error
    const message = `the extensions of database ${database} are not recorded: ${error.message}`
    ctx.emit({ type: 'message.noted', level: 'info', message })
    return []
  }
}

/** Before PostgreSQL 15 a database's own collation has neither a recorded version nor another provider than libc. */
export async function readCollations(connection: PostgresConnection, ctx: Context): Promise<CollationFacts[]> {
  const isRecorded = connection.versionNumber >= 150_000
  const columns = isRecorded
    ? 'datlocprovider AS provider, datcollversion AS version'
    : `'c' AS provider, NULL AS version`
  const sql = `SELECT datname AS name, datcollate AS collation, ${columns} FROM pg_database ORDER BY oid`
  const rows = await sqlRows(connection, sql, ctx)
  return rows.map((row) => {
    const version = row('version')
    return {
      database: row('name') ?? '',
      collation: row('collation') ?? '',
      provider: providers[row('provider') ?? ''] ?? 'unknown',
      ...(version === null ? {} : { version }),
    }
  })
}
