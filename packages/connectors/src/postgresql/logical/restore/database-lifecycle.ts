import { setTimeout } from 'node:timers/promises'
import type { Context } from '@holdfast/core/context'
import { sqlRow, sqlRows } from '../../backup/sql-rows.ts'
import type { PostgresConnection } from '../../connection/connection.ts'
import { quoteIdentifier, quoteLiteral } from '../../connection/quote.ts'
import type { DatabaseProperties } from '../logical-manifest.ts'

/** for sessions that are told to end */
const endingLimitMs = 10_000

export async function databaseExists(session: PostgresConnection, name: string, ctx: Context): Promise<boolean> {
  const sql = `SELECT count(*) AS count FROM pg_database WHERE datname = ${quoteLiteral(name)}`
  return (await sqlRow(session, sql, ctx))('count') === '1'
}

/** Those of the given roles that the server has not. */
export async function missingRoles(
  session: PostgresConnection,
  roles: readonly string[],
  ctx: Context,
): Promise<string[]> {
  const known = new Set((await sqlRows(session, 'SELECT rolname AS name FROM pg_roles', ctx)).map((row) => row('name')))
  return [...new Set(roles)].filter((role) => !known.has(role))
}

/** The tablespaces of a dump that the server has not, which would fail the restore. */
export async function missingTablespaces(
  session: PostgresConnection,
  entries: readonly { readonly tablespace: string }[],
  ctx: Context,
): Promise<string[]> {
  const names = new Set(entries.map(({ tablespace }) => tablespace).filter((name) => name !== ''))
  for (const row of await sqlRows(session, 'SELECT spcname AS name FROM pg_tablespace', ctx)) {
    names.delete(row('name') ?? '')
  }
  return [...names]
}

/**
 * Makes an empty database with the encoding, the collation and, with `keepsOwner`, the owner that another one had. Its
 * tablespace is used where the server has one of that name.
 */
export async function createDatabaseLike(
  session: PostgresConnection,
  { name, properties, keepsOwner }: DatabaseRequest,
  ctx: Context,
): Promise<void> {
  const { owner, encoding, collation, characterType, tablespace } = properties
  const spaces = await sqlRows(session, 'SELECT spcname AS name FROM pg_tablespace', ctx)
  const hasSpace = tablespace !== 'pg_default' && spaces.some((row) => row('name') === tablespace)
  const parts = [
    // The only one that may have another encoding and collation than the server's own.
    'TEMPLATE template0',
    `ENCODING ${quoteLiteral(encoding)}`,
    `LC_COLLATE ${quoteLiteral(collation)}`,
    `LC_CTYPE ${quoteLiteral(characterType)}`,
    ...localeParts(properties, session.versionNumber),
    ...(keepsOwner ? [`OWNER ${quoteIdentifier(owner)}`] : []),
    ...(hasSpace ? [`TABLESPACE ${quoteIdentifier(tablespace)}`] : []),
  ]
  await session.query(`CREATE DATABASE ${quoteIdentifier(name)} ${parts.join(' ')}`, ctx)
}

export interface DatabaseRequest {
  readonly name: string
  readonly properties: DatabaseProperties
  readonly keepsOwner: boolean
}

function localeParts({ localeProvider, locale, icuRules }: DatabaseProperties, versionNumber: number): string[] {
  if (versionNumber < 150_000 || localeProvider === 'libc') {
    return versionNumber < 150_000 ? [] : ['LOCALE_PROVIDER libc']
  }
  const name = localeProvider === 'builtin' ? 'BUILTIN_LOCALE' : 'ICU_LOCALE'
  return [
    `LOCALE_PROVIDER ${localeProvider === 'builtin' ? 'builtin' : 'icu'}`,
    ...(locale === undefined ? [] : [`${name} ${quoteLiteral(locale)}`]),
    ...(icuRules === undefined || versionNumber < 160_000 ? [] : [`ICU_RULES ${quoteLiteral(icuRules)}`]),
  ]
}

/** What is said about a database outside of it: settings, grants, comment, limit. Settings of roles that are missing are left out. */
export async function applyDatabaseProperties(
  session: PostgresConnection,
  { name, properties, keepsOwner }: DatabaseRequest,
  ctx: Context,
): Promise<void> {
  const { settings, grants, comment, connectionLimit, owner } = properties
  const roles = [...settings, ...(grants ?? [])].flatMap(({ role }) => (role === undefined ? [] : [role]))
  const missing = await missingRoles(session, roles, ctx)
  const isKnown = ({ role }: { readonly role?: string }): boolean => role === undefined || !missing.includes(role)
  const database = quoteIdentifier(name)
  const statements = settings.filter(isKnown).map(({ role, setting }) => {
    const scope = role === undefined ? `DATABASE ${database}` : `ROLE ${quoteIdentifier(role)} IN DATABASE ${database}`
    const [parameter = '', ...value] = setting.split('=')
    return `ALTER ${scope} SET ${quoteIdentifier(parameter)} TO ${settingValue(parameter, value.join('='))}`
  })
  if (grants !== undefined && keepsOwner) {
    statements.push(`REVOKE ALL ON DATABASE ${database} FROM PUBLIC, ${quoteIdentifier(owner)}`)
    for (const { role, privilege, isGrantable } of grants.filter(isKnown)) {
      const to = role === undefined ? 'PUBLIC' : quoteIdentifier(role)
      statements.push(`GRANT ${privilege} ON DATABASE ${database} TO ${to}${isGrantable ? ' WITH GRANT OPTION' : ''}`)
    }
  }
  if (comment !== undefined) statements.push(`COMMENT ON DATABASE ${database} IS ${quoteLiteral(comment)}`)
  if (connectionLimit >= 0) statements.push(`ALTER DATABASE ${database} CONNECTION LIMIT ${connectionLimit}`)
  for (const statement of statements) await session.query(statement, ctx)
}

/** Parameters whose recorded value is a list of names that are quoted already (GUC_LIST_QUOTE in PostgreSQL's guc tables). */
const listParameters = [
  'search_path',
  'temp_tablespaces',
  'session_preload_libraries',
  'shared_preload_libraries',
  'local_preload_libraries',
  'unix_socket_directories',
]

function settingValue(parameter: string, value: string): string {
  if (!listParameters.includes(parameter.toLowerCase())) return quoteLiteral(value)
  const names = [...value.matchAll(/"((?:[^"]|"")*)"|([^\s,"]+)/g)].map(([, quoted, plain]) => {
    return quoteLiteral(quoted === undefined ? (plain ?? '') : quoted.replaceAll('""', '"'))
  })
  return names.length === 0 ? "''" : names.join(', ')
}

/**
 * Puts one database in the place of another, which is kept under a third name. Sessions of both are ended, and nobody gets
 * in until it is done; when it cannot be done, the old one is there again. Returns how many sessions of it were ended.
 */
export async function replaceDatabase(
  session: PostgresConnection,
  { database, next, kept }: { readonly database: string; readonly next: string; readonly kept: string },
  ctx: Context,
): Promise<number> {
  const ended = await endConnections(session, database, ctx)
  try {
    await renameDatabase(session, database, kept, ctx)
    try {
      await endConnections(session, next, ctx)
      await renameDatabase(session, next, database, ctx)
    } catch (error) {
      await renameDatabase(session, kept, database, ctx)
      throw error
    }
  } finally {
    for (const name of [database, kept, next]) await admitConnections(session, name, ctx)
  }
  return ended
}

/** Ends every other session of a database and lets nobody in until `admitConnections`. Returns how many it ended. */
async function endConnections(session: PostgresConnection, name: string, ctx: Context): Promise<number> {
  await session.query(`ALTER DATABASE ${quoteIdentifier(name)} WITH ALLOW_CONNECTIONS false`, ctx)
  const deadline = ctx.now().getTime() + endingLimitMs
  let ended = 0
  for (;;) {
    const row = await sqlRow(
      session,
      `SELECT count(pg_terminate_backend(pid)) AS count FROM pg_stat_activity
      WHERE datname = ${quoteLiteral(name)} AND pid <> pg_backend_pid()`,
      ctx,
    )
    const left = Number(row('count'))
    ended = Math.max(ended, left)
    // Sessions end a moment after they were told to.
    if (left === 0 || ctx.now().getTime() > deadline) return ended
    await setTimeout(50, undefined, { signal: ctx.signal })
  }
}

async function admitConnections(session: PostgresConnection, name: string, ctx: Context): Promise<void> {
  if (!(await databaseExists(session, name, ctx))) return
  await session.query(`ALTER DATABASE ${quoteIdentifier(name)} WITH ALLOW_CONNECTIONS true`, ctx)
}

async function renameDatabase(session: PostgresConnection, from: string, to: string, ctx: Context): Promise<void> {
  await session.query(`ALTER DATABASE ${quoteIdentifier(from)} RENAME TO ${quoteIdentifier(to)}`, ctx)
}
