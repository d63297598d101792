import { sqlRows } from '@holdfast/connectors/postgresql/backup/sql-rows'
import { connectPostgres } from '@holdfast/connectors/postgresql/connection/connect'
import type { PostgresTarget } from '@holdfast/connectors/postgresql/connection/target'
import { readDatabases } from '@holdfast/connectors/postgresql/logical/database-properties'
import type { LogicalBackupOptions } from '@holdfast/connectors/postgresql/logical/logical-backup'
import type { LogicalManifest } from '@holdfast/connectors/postgresql/logical/logical-manifest'
import type { LogicalRestoreRequest } from '@holdfast/connectors/postgresql/logical/restore/logical-restore'
import { restoreLogical } from '@holdfast/connectors/postgresql/logical/restore/restore-logical'
import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import type { Check } from '@holdfast/core/proof/check'
import type { Repository } from '@holdfast/repository/repository'
import type { SaveSettings } from '../save-settings.ts'
import { backupLogicalPostgres } from './backup-logical-postgres.ts'
import { planSourceRestore } from './plan-logical-restore.ts'

export interface MigrationRequest {
  readonly from: PostgresTarget
  readonly to: PostgresTarget
  readonly backup: Omit<LogicalBackupOptions, 'checksums' | 'forMajor'>
  readonly restore: Omit<LogicalRestoreRequest, 'target' | 'databases' | 'into' | 'parts' | 'globals'>
  readonly settings: SaveSettings & { readonly tags: readonly string[] }
}

/** What a migration will do, before it does anything. */
export interface MigrationPlan {
  readonly request: MigrationRequest
  readonly from: { readonly host: string; readonly version: string }
  readonly to: { readonly host: string; readonly version: string; readonly major: number }
  readonly databases: readonly { readonly name: string; readonly sizeBytes: string }[]
}

export interface MigrationReport {
  readonly snapshotId: string
  readonly manifest: LogicalManifest
  readonly checks: readonly Check[]
  readonly warnings: readonly string[]
  readonly backupMs: number
  readonly restoreMs: number
}

/**
 * Looks whether the databases of one server can move to another of the same or a newer major version. Changes nothing. Fails
 * with MIGRATION_IMPOSSIBLE, POSTGRES_DATABASE_EXISTS and the codes of connections.
 */
export async function planMigration(request: MigrationRequest, ctx: Context): Promise<MigrationPlan> {
  const { from, to } = request
  const wanted = request.backup.selection.databases
  await using source = await connectPostgres(from, { database: from.database ?? 'postgres' }, ctx)
  await using goal = await connectPostgres(to, { database: to.database ?? 'postgres', readWrite: true }, ctx)
  const [fromMajor, toMajor] = [source, goal].map(({ versionNumber }) => Math.floor(versionNumber / 10_000))
  if (fromMajor === undefined || toMajor === undefined || toMajor < fromMajor) {
    const reason = `${goal.host} runs PostgreSQL ${toMajor}, which is older than ${fromMajor} of ${source.host}`
    throw new AppError('MIGRATION_IMPOSSIBLE', { reason })
  }
  await refuseSameServer([source, goal], ctx)
  const sizes = await sqlRows(
    source,
    `SELECT datname AS name, pg_database_size(oid) AS size FROM pg_database WHERE datallowconn AND NOT datistemplate
      AND has_database_privilege(oid, 'CONNECT') ORDER BY 1`,
    ctx,
  )
  const databases = sizes
    .map((row) => ({ name: row('name') ?? '', sizeBytes: row('size') ?? '0' }))
    .filter(({ name }) => wanted.length === 0 || wanted.includes(name))
  const unknown = wanted.find((name) => !databases.some((database) => database.name === name))
  if (unknown !== undefined) {
    throw new AppError('POSTGRES_DATABASE_UNKNOWN', { database: JSON.stringify(unknown), host: source.host })
  }
  const there = new Set((await readDatabases(goal, ctx)).map(({ name }) => name))
  const taken = databases.find(({ name }) => name !== 'postgres' && there.has(name))
  if (taken !== undefined) {
    throw new AppError('POSTGRES_DATABASE_EXISTS', { database: JSON.stringify(taken.name), host: goal.host })
  }
  const version = (one: typeof source): string => one.parameters.get('server_version')?.split(' ')[0] ?? ''
  return {
    request,
    from: { host: source.host, version: version(source) },
    to: { host: goal.host, version: version(goal), major: toMajor },
    databases,
  }
}

/** The old and the new server are two: by their identity, where the roles may see it, whatever they are called. */
async function refuseSameServer(
  sessions: readonly Awaited<ReturnType<typeof connectPostgres>>[],
  ctx: Context,
): Promise<void> {
  const identities: string[] = []
  for (const session of sessions) {
    const sql = `SELECT pg_postmaster_start_time()::text || ' ' || system_identifier AS id FROM pg_control_system()`
    const rows = await sqlRows(session, sql, ctx).catch(() => [])
    identities.push(rows[0]?.('id') ?? `unknown ${identities.length}`)
  }
  if (identities[0] !== identities[1]) return
  throw new AppError('MIGRATION_IMPOSSIBLE', { reason: 'both connections lead to the same server' })
}

/**
 * Safety backup of the old server, restore of that very backup into the new one, comparison of every table's rows and
 * checksums with the snapshot that the dump was made from. What is written to the old server meanwhile is not taken along.
 * The caller holds a lock on the repository. A difference is a failed check.
 */
export async function executeMigration(
  repository: Repository,
  { request, to }: MigrationPlan,
  ctx: Context,
): Promise<MigrationReport> {
  const startedAt = ctx.now().getTime()
  const options = { ...request.backup, checksums: true, forMajor: to.major }
  const { saved, manifest } = await backupLogicalPostgres([repository], request.from, options, request.settings, ctx)
  const snapshotId = saved.repositories[0]?.snapshotId
  if (snapshotId === undefined) throw new Error('a migration without a safety backup')
  const backedUpAt = ctx.now().getTime()
  const whole = { databases: [], parts: { schemas: [], tables: [] }, globals: true }
  const { files, plan, backup } = await planSourceRestore(
    repository,
    request.backup.source,
    { ...request.restore, target: request.to, ...whole, snapshotId },
    ctx,
  )
  if (backup.snapshot.id !== snapshotId) throw new Error('another backup than the one just made')
  const { checks, warnings } = await restoreLogical(files, plan, ctx)
  const restoredAt = ctx.now().getTime()
  return {
    snapshotId,
    manifest,
    checks,
    warnings: [...manifest.warnings, ...warnings],
    backupMs: backedUpAt - startedAt,
    restoreMs: restoredAt - backedUpAt,
  }
}
