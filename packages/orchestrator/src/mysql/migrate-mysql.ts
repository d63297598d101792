import { findMysqlTool } from '@holdfast/connectors/mysql/client/mysql-tool'
import { choosePrimary } from '@holdfast/connectors/mysql/connection/choose-host'
import { connectMysql } from '@holdfast/connectors/mysql/connection/connect'
import { describeVersion } from '@holdfast/connectors/mysql/connection/server-version'
import type { MysqlTarget } from '@holdfast/connectors/mysql/connection/target'
import type { LogicalBackupOptions } from '@holdfast/connectors/mysql/logical/logical-backup'
import type { LogicalManifest } from '@holdfast/connectors/mysql/logical/logical-manifest'
import { readStructure } from '@holdfast/connectors/mysql/logical/read-structure'
import type { LogicalFiles } from '@holdfast/connectors/mysql/logical/restore/logical-restore'
import { planLogicalRestore } from '@holdfast/connectors/mysql/logical/restore/plan-logical-restore'
import { restoreLogical } from '@holdfast/connectors/mysql/logical/restore/restore-logical'
import { adaptSql, foreignModes, type SqlAdaptation } from '@holdfast/connectors/mysql/migration/adapt-sql'
import { compareContent } from '@holdfast/connectors/mysql/migration/compare-content'
import { judgeMigration } from '@holdfast/connectors/mysql/migration/judge-migration'
import { readGoalFacts, readMigrationFacts } from '@holdfast/connectors/mysql/migration/migration-facts'
import { isSameServer } from '@holdfast/connectors/mysql/migration/same-server'
import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import type { Check } from '@holdfast/core/proof/check'
import type { Repository } from '@holdfast/repository/repository'
import type { SaveSettings } from '../save-settings.ts'
import { backupMysql } from './backup-mysql.ts'
import { isLogical, listMysqlBackups, logicalFilesOf } from './list-mysql-backups.ts'

export interface MysqlMigrationRequest {
  readonly from: MysqlTarget
  readonly to: MysqlTarget
  readonly backup: LogicalBackupOptions
  readonly settings: SaveSettings & { readonly tags: readonly string[] }
}

/** What a migration will do, before it does anything. */
export interface MysqlMigrationPlan {
  readonly request: MysqlMigrationRequest
  /** for people */
  readonly from: { readonly host: string; readonly version: string }
  readonly to: { readonly host: string; readonly version: string }
  readonly databases: readonly { readonly name: string; readonly tables: readonly string[] }[]
  /** what will be otherwise on the new server */
  readonly changes: readonly string[]
  readonly adaptation: SqlAdaptation
  readonly isOneFamily: boolean
}

export interface MysqlMigrationReport {
  readonly snapshotId: string
  readonly manifest: LogicalManifest
  readonly checks: readonly Check[]
  readonly warnings: readonly string[]
  readonly backupMs: number
  readonly restoreMs: number
}

/**
 * Looks whether databases can move to another server, which may be of the other family. Changes nothing. Fails with
 * MYSQL_MIGRATION_IMPOSSIBLE and all that stands in the way, MYSQL_DATABASE_UNKNOWN, MYSQL_TOOL_MISSING and the codes of
 * connections.
 */
export async function planMysqlMigration(asked: MysqlMigrationRequest, ctx: Context): Promise<MysqlMigrationPlan> {
  const [from, to] = [await choosePrimary(asked.from, ctx), await choosePrimary(asked.to, ctx)]
  const request = { ...asked, from, to }
  await using source = await connectMysql(request.from, ctx)
  await using goal = await connectMysql(request.to, ctx)
  if (await isSameServer(source, goal, ctx)) {
    throw impossible('both connections lead to the same server', 'Name the old server first and the new one second.')
  }
  // what is missing here is to be known before the backup
  await findMysqlTool('dump', source.version.family, request.backup.client, ctx)
  await findMysqlTool('client', goal.version.family, request.backup.client, ctx)
  const wanted = request.backup.selection.databases
  const all = await readStructure(source, ctx)
  const unknown = wanted.find((name) => !all.some((database) => database.name === name))
  if (unknown !== undefined) {
    throw new AppError('MYSQL_DATABASE_UNKNOWN', { database: JSON.stringify(unknown), host: source.host })
  }
  const databases = all
    .filter(({ name }) => wanted.length === 0 || wanted.includes(name))
    .map(({ name, tables }) => ({ name, tables: tables.map((table) => table.name) }))
  if (databases.length === 0)
    throw impossible('the old server has no database that the account may see', 'Grant it SELECT.')
  const there = new Set(
    (await goal.query('SELECT schema_name FROM information_schema.schemata', ctx)).map(([one]) => one),
  )
  const taken = databases.find(({ name }) => there.has(name))
  if (taken !== undefined) {
    throw impossible(
      `there is a database ${JSON.stringify(taken.name)} on ${goal.host} already`,
      'Drop it there, or choose others with --database.',
    )
  }
  const names = databases.map(({ name }) => name)
  const judgement = judgeMigration(await readMigrationFacts(source, names, ctx), await readGoalFacts(goal, ctx))
  if (judgement.obstacles.length > 0) {
    throw impossible(judgement.obstacles.join('; '), 'Convert or drop what is named, or leave its database out.')
  }
  const isOneFamily = source.version.family === goal.version.family
  return {
    request,
    from: { host: source.host, version: describeVersion(source.version) },
    to: { host: goal.host, version: describeVersion(goal.version) },
    databases,
    changes: judgement.changes,
    adaptation: {
      collations: judgement.collations,
      withoutModes: isOneFamily ? new Set() : foreignModes[source.version.family],
    },
    isOneFamily,
  }
}

function impossible(reason: string, advice: string): AppError {
  return new AppError('MYSQL_MIGRATION_IMPOSSIBLE', { reason, advice })
}

/**
 * Safety backup of the old server, restore of that very backup into the new one, comparison of every table: its rows with
 * those that were dumped, its content with the old server's. What is written to the old server meanwhile is not taken along,
 * and shows as a difference. The caller holds a lock on the repository. A difference is a failed check.
 */
export async function executeMysqlMigration(
  repository: Repository,
  plan: MysqlMigrationPlan,
  ctx: Context,
): Promise<MysqlMigrationReport> {
  const { request } = plan
  const startedAt = ctx.now().getTime()
  const { saved, manifest } = await backupMysql([repository], request.from, request.backup, request.settings, ctx)
  const snapshotId = saved.repositories[0]?.snapshotId
  if (snapshotId === undefined) throw new Error('a migration without a safety backup')
  const backedUpAt = ctx.now().getTime()
  const files = adaptFiles(await filesOf(repository, request.backup.source, snapshotId, ctx), plan.adaptation)
  const load = await planLogicalRestore(
    files.manifest,
    {
      target: request.to,
      client: request.backup.client,
      databases: [],
      tables: [],
      replaces: [],
      users: plan.isOneFamily && request.backup.selection.databases.length === 0,
    },
    ctx,
  )
  const { checks, warnings } = await restoreLogical(files, load, ctx)
  const content = await compareAll(plan, ctx)
  return {
    snapshotId,
    manifest,
    checks: [...checks, ...content],
    warnings: [...manifest.warnings, ...manifest.findings.map(({ message }) => message), ...warnings],
    backupMs: backedUpAt - startedAt,
    restoreMs: ctx.now().getTime() - backedUpAt,
  }
}

async function filesOf(
  repository: Repository,
  source: string,
  snapshotId: string,
  ctx: Context,
): Promise<LogicalFiles> {
  const { backups, opened } = await listMysqlBackups(repository, source, ctx)
  const made = backups.filter(isLogical).find(({ snapshot }) => snapshot.id === snapshotId)
  if (made === undefined) throw new Error('the backup just made is not in the repository')
  return logicalFilesOf(opened, made)
}

/** The same backup as the new server takes it. */
function adaptFiles(files: LogicalFiles, adaptation: SqlAdaptation): LogicalFiles {
  const { collations, withoutModes } = adaptation
  if (collations.size === 0 && withoutModes.size === 0) return files
  const databases = files.manifest.fingerprint.databases.map((database) => {
    return { ...database, collation: collations.get(database.collation) ?? database.collation }
  })
  return {
    manifest: { ...files.manifest, fingerprint: { databases } },
    users: (ctx) => files.users(ctx),
    database: (name, ctx) => adaptSql(files.database(name, ctx), adaptation),
    async views(name, ctx) {
      const sql = await files.views(name, ctx)
      return sql && adaptSql(sql, adaptation)
    },
  }
}

async function compareAll({ request, databases }: MysqlMigrationPlan, ctx: Context): Promise<Check[]> {
  await using from = await connectMysql(request.from, ctx)
  await using to = await connectMysql(request.to, ctx)
  const checks: Check[] = []
  for (const { name, tables } of databases) checks.push(await compareContent({ from, to }, name, tables, ctx))
  return checks
}
