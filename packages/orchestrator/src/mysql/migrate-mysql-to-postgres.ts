import { choosePrimary } from '@holdfast/connectors/mysql/connection/choose-host'
import { connectMysql } from '@holdfast/connectors/mysql/connection/connect'
import type { MysqlConnection } from '@holdfast/connectors/mysql/connection/connection'
import { describeVersion } from '@holdfast/connectors/mysql/connection/server-version'
import type { MysqlTarget } from '@holdfast/connectors/mysql/connection/target'
import type { LogicalBackupOptions } from '@holdfast/connectors/mysql/logical/logical-backup'
import { readStructure } from '@holdfast/connectors/mysql/logical/read-structure'
import { checkPgloaderLogin } from '@holdfast/connectors/mysql/pgloader/check-login'
import { type PgloaderRoute, pgloaderCommandFile } from '@holdfast/connectors/mysql/pgloader/command-file'
import { compareKeys } from '@holdfast/connectors/mysql/pgloader/compare-keys'
import {
  compareWithPostgres,
  type MovedDatabase,
  readTypeChanges,
} from '@holdfast/connectors/mysql/pgloader/compare-with-postgres'
import { findPgloader, runPgloader } from '@holdfast/connectors/mysql/pgloader/run-pgloader'
import { sqlRows } from '@holdfast/connectors/postgresql/backup/sql-rows'
import { connectPostgres } from '@holdfast/connectors/postgresql/connection/connect'
import { findPassword } from '@holdfast/connectors/postgresql/connection/password-file'
import type { PostgresConnection } from '@holdfast/connectors/postgresql/connection/connection'
import type { PostgresTarget } from '@holdfast/connectors/postgresql/connection/target'
import { chosenHost } from '@holdfast/connectors/postgresql/logical/chosen-host'
import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import type { Check } from '@holdfast/core/proof/check'
import type { Repository } from '@holdfast/repository/repository'
import type { SaveSettings } from '../save-settings.ts'
import { backupMysql } from './backup-mysql.ts'

export interface ToPostgresRequest {
  readonly from: MysqlTarget
  readonly to: PostgresTarget
  /** the selection's databases: those that move; each becomes a schema */
  readonly backup: LogicalBackupOptions
  readonly settings: SaveSettings & { readonly tags: readonly string[] }
}

/** What a migration will do, before it does anything. */
export interface ToPostgresPlan {
  readonly request: ToPostgresRequest
  /** for people */
  readonly from: { readonly host: string; readonly version: string }
  readonly to: { readonly host: string; readonly version: string; readonly database: string }
  readonly databases: readonly MovedDatabase[]
  /** what stays behind */
  readonly left: readonly string[]
  readonly program: string
  readonly routes: readonly PgloaderRoute[]
  readonly postgresPassword: string | undefined
}

export interface ToPostgresReport {
  readonly snapshotId: string
  readonly checks: readonly Check[]
  readonly typeChanges: readonly string[]
  readonly warnings: readonly string[]
  readonly backupMs: number
  readonly loadMs: number
}

/**
 * Looks whether databases of MySQL or MariaDB can move into a database of PostgreSQL, and with what. Changes nothing. Fails
 * with PGLOADER_MISSING, MYSQL_MIGRATION_IMPOSSIBLE, MYSQL_DATABASE_UNKNOWN and the codes of connections.
 */
export async function planMysqlToPostgres(asked: ToPostgresRequest, ctx: Context): Promise<ToPostgresPlan> {
  const request = { ...asked, from: await choosePrimary(asked.from, ctx) }
  const { from, to, backup } = request
  const program = await findPgloader(backup.client)
  await using source = await connectMysql(from, ctx)
  await checkPgloaderLogin(source, ctx)
  await using goal = await connectPostgres(to, { readWrite: true }, ctx)
  const { databases, left } = await readSource(source, backup.selection.databases, ctx)
  const database = to.database ?? to.user
  await requireNoSchema(goal, { databases, database }, ctx)
  const host = chosenHost(to, goal)
  const goalRoute = { host, user: to.user, database, tlsMode: to.tls.mode }
  const routes = databases.map((one) => ({ from, database: one.database, to: goalRoute }))
  // what cannot be said to pgloader is to be known before the backup
  for (const route of routes) pgloaderCommandFile(route)
  return {
    request,
    from: { host: source.host, version: describeVersion(source.version) },
    to: {
      host: goal.host,
      version: `PostgreSQL ${goal.parameters.get('server_version')?.split(' ')[0] ?? ''}`,
      database,
    },
    databases,
    left,
    program,
    routes,
    postgresPassword: to.password ?? findPassword(to.passwordLines, host, database, to),
  }
}

/** pgloader would drop tables that are called as those that it makes. */
async function requireNoSchema(
  goal: PostgresConnection,
  { databases, database }: { readonly databases: readonly MovedDatabase[]; readonly database: string },
  ctx: Context,
): Promise<void> {
  const there = await sqlRows(goal, 'SELECT nspname AS name FROM pg_namespace', ctx)
  const taken = databases.find((one) => there.some((row) => row('name') === one.database))
  if (taken === undefined) return
  throw new AppError('MYSQL_MIGRATION_IMPOSSIBLE', {
    reason: `there is a schema ${JSON.stringify(taken.database)} in database ${JSON.stringify(database)} on ${goal.host} already`,
    advice: 'Drop it, or name another database of PostgreSQL in the second address.',
  })
}

async function readSource(
  source: MysqlConnection,
  wanted: readonly string[],
  ctx: Context,
): Promise<Pick<ToPostgresPlan, 'databases' | 'left'>> {
  const all = await readStructure(source, ctx)
  const unknown = wanted.find((name) => !all.some((database) => database.name === name))
  if (unknown !== undefined) {
    throw new AppError('MYSQL_DATABASE_UNKNOWN', { database: JSON.stringify(unknown), host: source.host })
  }
  const chosen = all.filter(({ name }) => wanted.length === 0 || wanted.includes(name))
  const left = chosen.flatMap((database) =>
    (['views', 'routines', 'triggers', 'events'] as const)
      .filter((kind) => database[kind].length > 0)
      .map((kind) => `${kind} of ${database.name}: ${database[kind].join(', ')}`),
  )
  const databases = chosen
    .map(({ name, tables }) => ({ database: name, tables: tables.map((table) => table.name) }))
    .filter(({ tables }) => tables.length > 0)
  if (databases.length > 0) return { databases, left }
  throw new AppError('MYSQL_MIGRATION_IMPOSSIBLE', {
    reason: `${source.host} has no tables that could be moved`,
    advice: 'Check the name of the database and that the account may SELECT from it.',
  })
}

/**
 * Safety backup of the old server, then pgloader from server to server, then a count of every table on both. The caller
 * holds a lock on the repository. A difference is a failed check. Fails with PGLOADER_FAILED.
 */
export async function executeMysqlToPostgres(
  repository: Repository,
  plan: ToPostgresPlan,
  ctx: Context,
): Promise<ToPostgresReport> {
  const { request, program, routes, postgresPassword } = plan
  const startedAt = ctx.now().getTime()
  const { saved, manifest } = await backupMysql([repository], request.from, request.backup, request.settings, ctx)
  const snapshotId = saved.repositories[0]?.snapshotId
  if (snapshotId === undefined) throw new Error('a migration without a safety backup')
  const backedUpAt = ctx.now().getTime()
  const warnings = [...manifest.warnings]
  const passwords = { mysql: request.from.password, postgres: postgresPassword }
  {
    // the backup took its time
    await using goal = await connectPostgres(request.to, {}, ctx)
    await requireNoSchema(goal, { databases: plan.databases, database: plan.to.database }, ctx)
  }
  for (const route of routes) {
    const complaints = await runPgloader({ program, route, passwords }, ctx)
    warnings.push(...complaints.map((one) => `pgloader: ${one}`))
  }
  const checks: Check[] = []
  const typeChanges: string[] = []
  await using from = await connectMysql(request.from, ctx)
  await using to = await connectPostgres(request.to, {}, ctx)
  for (const moved of plan.databases) {
    checks.push(await compareWithPostgres({ from, to }, moved, ctx), await compareKeys({ from, to }, moved, ctx))
    typeChanges.push(...(await readTypeChanges({ from, to }, moved, ctx)))
  }
  const loadMs = ctx.now().getTime() - backedUpAt
  return { snapshotId, checks, typeChanges, warnings, backupMs: backedUpAt - startedAt, loadMs }
}
