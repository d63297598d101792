import { tmpdir } from 'node:os'
import { describeVersion } from '@holdfast/connectors/mysql/connection/server-version'
import type { LogicalManifest } from '@holdfast/connectors/mysql/logical/logical-manifest'
import { AppError } from '@holdfast/core/errors/app-error'
import { formatSize } from '@holdfast/core/units/size'
import { backupPhysicalMysql } from '@holdfast/orchestrator/mysql/backup-physical-mysql'
import { backupMysql } from '@holdfast/orchestrator/mysql/backup-mysql'
import { mysqlClientPlace } from '@holdfast/orchestrator/mysql/mysql-client-place'
import type { Repository } from '@holdfast/repository/repository'
import { firstGiven } from '../argument/first-given.ts'
import type { backupOptions } from '../backup/backup-option.ts'
import { programPlaceOf } from '../backup/program-place-option.ts'
import { backupSettingsOf, showSourceBackup } from '../backup/source-backup.ts'
import type { Invocation } from '../command/command.ts'
import { programVersion } from '../command/version.ts'
import { countOf } from '@holdfast/core/units/count-of'
import { printable } from '../output/printable.ts'
import { onlyConnection } from '../backup/only-connection.ts'
import { readSourceName } from '../backup/source-name.ts'
import { mysqlSourceHost, readMysqlConnection } from './mysql-connection-argument.ts'

const foreign = [...(['checkpoint', 'noVerifyPages', 'schema', 'checksums', 'postgresBin'] as const)]
const logicalOnly = [
  'database',
  'table',
  'excludeTable',
  'lockAllTables',
  'lockWait',
  'parallelDumps',
  'dumpSilence',
  'inContainer',
  'inPod',
] as const
const minuteMs = 60_000

/** `backup mysql://…`: a dump of each database, of one instant, with accounts and a fingerprint. */
export async function runMysqlBackup(
  invocation: Invocation<typeof backupOptions>,
  repositories: readonly Repository[],
): Promise<number> {
  const { arguments: given, options, output, variables, ctx, global } = invocation
  const connection = onlyConnection(given, options, 'a MySQL connection')
  const other = firstGiven(options, foreign)
  if (other !== undefined) throw new AppError('OPTIONS_CONFLICT', { first: 'a MySQL connection', second: other })
  if (options.method === 'direct') return await runPhysical(connection, invocation, repositories)
  if (options.method === 'wire' || options.dataDirectory !== undefined) {
    throw new AppError('OPTIONS_CONFLICT', {
      first: 'a dump of MySQL',
      second: options.method === 'wire' ? '--method wire' : '--data-directory',
    })
  }
  const target = readMysqlConnection(connection, variables)
  const host = options.host ?? mysqlSourceHost(target)
  const { saved, manifest } = await backupMysql(
    repositories,
    target,
    {
      source: options.source ?? readSourceName(host, '--source'),
      selection: { databases: options.database, tables: options.table, excludeTables: options.excludeTable },
      client: mysqlClientPlace(options.mysqlBin, variables, programPlaceOf(options)),
      silenceLimitMs: options.dumpSilence ?? 10 * minuteMs,
      lockAllTables: options.lockAllTables,
      parallel: options.parallelDumps ?? 1,
      ...(options.lockWait === undefined ? {} : { lockWaitMs: options.lockWait }),
      toolVersion: programVersion(),
    },
    backupSettingsOf({ options, global, output }, host),
    ctx,
  )
  for (const warning of manifest.warnings) output.line(`warning: ${printable(warning)}`)
  for (const { message, hint } of manifest.findings) output.line(`finding: ${printable(message)}\n  ${hint}`)
  const description = describeDump(manifest)
  const code = showSourceBackup(saved, { manifest: { mysql: manifest }, description }, output)
  return manifest.findings.length > 0 ? 3 : code
}

/** `--method direct`: the files of the data directory, by mariadb-backup on this machine. */
async function runPhysical(
  connection: string,
  { options, output, variables, ctx, global }: Invocation<typeof backupOptions>,
  repositories: readonly Repository[],
): Promise<number> {
  const logical = firstGiven(options, logicalOnly)
  if (logical !== undefined) throw new AppError('OPTIONS_CONFLICT', { first: '--method direct', second: logical })
  const target = readMysqlConnection(connection, variables)
  const host = options.host ?? mysqlSourceHost(target)
  const source = options.source ?? readSourceName(host, '--source')
  const { saved, manifest } = await backupPhysicalMysql(
    repositories,
    target,
    {
      source,
      client: mysqlClientPlace(options.mysqlBin, variables),
      temporaryDirectory: tmpdir(),
      toolVersion: programVersion(),
      ...(options.dataDirectory === undefined ? {} : { dataDirectory: options.dataDirectory }),
    },
    backupSettingsOf({ options, global, output }, host),
    ctx,
  )
  const { server, position, files, bytes } = manifest
  const version = describeVersion({ family: server.family, text: server.version })
  const place = position === undefined ? ', no binary log' : `, binary log at ${position.file}:${position.position}`
  const description = `${source}: ${version}, ${countOf(files, 'file')}, ${formatSize(bytes)}${place}`
  return showSourceBackup(saved, { manifest: { mysql: manifest }, description }, output)
}

function describeDump({ source, server, fingerprint: { databases }, bytes, position }: LogicalManifest): string {
  const tables = databases.flatMap((database) => database.tables)
  const rows = tables.reduce((sum, table) => sum + BigInt(table.rows), 0n)
  const place = position === undefined ? ', no binary log' : `, binary log at ${position.file}:${position.position}`
  const version = describeVersion({ family: server.family, text: server.version })
  return `${source}: ${version}, ${countOf(databases.length, 'database')}, ${countOf(tables.length, 'table')}, ${rows} rows, ${formatSize(bytes)}${place}`
}
