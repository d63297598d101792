import { createReadStream } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { backupLogical } from '@holdfast/connectors/mysql/logical/backup-logical'
import { databasePath, type LogicalManifest } from '@holdfast/connectors/mysql/logical/logical-manifest'
import type { LogicalFiles } from '@holdfast/connectors/mysql/logical/restore/logical-restore'
import { planLogicalRestore } from '@holdfast/connectors/mysql/logical/restore/plan-logical-restore'
import { restoreLogical } from '@holdfast/connectors/mysql/logical/restore/restore-logical'
import {
  type MysqlSandbox,
  type SandboxTools,
  startMysqlSandbox,
} from '@holdfast/connectors/mysql/server/mysql-sandbox'
import { removeDeadMysqlSandboxes } from '@holdfast/connectors/mysql/server/remove-dead-sandboxes'
import type { Context } from '@holdfast/core/context'
import { AppError, isAppError } from '@holdfast/core/errors/app-error'
import { loadAndReplay, type MysqlRestoreReport } from './load-and-replay.ts'
import { type MysqlRestorePlan, planFromMaterial } from './plan-mysql-restore.ts'

/**
 * Brings all databases to the point of the plan in a scratch server, takes the chosen tables from there, and loads them where
 * they are wanted. Needs space for all of it among the temporary files. Fails with MYSQL_START_FAILED, MYSQL_RESTORE_FAILED,
 * BACKUP_PART_UNKNOWN when there was no such table at that point.
 */
export async function restoreMysqlTables(
  { material, target, load, backup }: MysqlRestorePlan,
  tools: SandboxTools,
  ctx: Context,
): Promise<MysqlRestoreReport> {
  const { request } = load
  const { client, scratchDirectory, tables } = request
  await removeDeadMysqlSandboxes(scratchDirectory)
  await using sandbox = await startMysqlSandbox(tools, backup.manifest.server, scratchDirectory, ctx)
  const whole = { target: sandbox.target, client, databases: [], tables: [], replaces: [], users: true }
  const recovered = await loadAndReplay(
    await planFromMaterial(material, target, whole, ctx),
    // accounts of the log could lock us out of our own server
    { skipsAccounts: true },
    ctx,
  )
  if (recovered.checks.some(({ verdict }) => verdict === 'failed')) return recovered
  const startedAt = ctx.now().getTime()
  const [step] = load.steps
  const database = step?.fingerprint.name ?? ''
  const files = await takeTables(sandbox, client, { database, tables, source: backup.manifest.source }, ctx)
  const { tablesMayBeNew: _old, ...asked } = request
  const { checks, warnings } = await restoreLogical(files, await planLogicalRestore(files.manifest, asked, ctx), ctx)
  const loadMs = recovered.loadMs + ctx.now().getTime() - startedAt
  return { checks, warnings: [...recovered.warnings, ...warnings], loadMs, replayMs: recovered.replayMs }
}

/** Dumps tables into a file that goes with the sandbox. */
async function takeTables(
  { target, dataDirectory }: MysqlSandbox,
  client: MysqlRestorePlan['load']['request']['client'],
  {
    database,
    tables,
    source,
  }: { readonly database: string; readonly tables: readonly string[]; readonly source: string },
  ctx: Context,
): Promise<LogicalFiles> {
  const file = join(dirname(dataDirectory), 'tables.sql')
  const options = {
    source,
    selection: { databases: [database], tables: tables.map((table) => `${database}.${table}`), excludeTables: [] },
    client,
    silenceLimitMs: 0,
    lockAllTables: false,
    parallel: 1,
    toolVersion: '',
  }
  await using dump = await backupLogical(target, options, ctx).catch((error: unknown) => {
    if (!isAppError(error, 'MYSQL_TABLE_UNKNOWN') && !isAppError(error, 'MYSQL_DATABASE_UNKNOWN')) throw error
    const part = `table ${tables.map((table) => JSON.stringify(table)).join(', ')} in ${JSON.stringify(database)} at that point`
    throw new AppError(
      'BACKUP_PART_UNKNOWN',
      { part, known: 'what `--database` alone would restore' },
      { cause: error },
    )
  })
  for await (const entry of dump.entries) {
    if (entry.kind !== 'file' || entry.content.type !== 'stream') continue
    const isData = entry.path.endsWith(`/${databasePath(database)}`)
    // piece by piece: each may be used until the next one is asked for
    if (isData) await writeFile(file, entry.content.chunks, { mode: 0o600, signal: ctx.signal })
    else for await (const _bytes of entry.content.chunks) continue
  }
  const manifest: LogicalManifest | undefined = dump.manifest()
  if (manifest === undefined) throw new Error('a dump that ended has a manifest')
  return {
    manifest,
    users: async () => undefined,
    database: () => createReadStream(file),
    views: async () => undefined,
  }
}
