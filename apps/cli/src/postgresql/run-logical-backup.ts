import type { LogicalManifest } from '@holdfast/connectors/postgresql/logical/logical-manifest'
import { AppError } from '@holdfast/core/errors/app-error'
import { formatSize } from '@holdfast/core/units/size'
import { clientPlaceOf } from '@holdfast/orchestrator/postgresql/client-place'
import { backupLogicalPostgres } from '@holdfast/orchestrator/postgresql/backup-logical-postgres'
import type { Repository } from '@holdfast/repository/repository'
import { firstGiven } from '../argument/first-given.ts'
import type { backupOptions } from '../backup/backup-option.ts'
import { programPlaceOf } from '../backup/program-place-option.ts'
import { backupSettingsOf, showSourceBackup } from '../backup/source-backup.ts'
import type { Invocation } from '../command/command.ts'
import { programVersion } from '../command/version.ts'
import { countOf } from '@holdfast/core/units/count-of'
import { printable } from '../output/printable.ts'
import { readConnectionArgument, sourceHost } from './connection-argument.ts'
import { onlyConnection } from '../backup/only-connection.ts'
import { readSourceName } from '../backup/source-name.ts'

const physicalOnly = ['dataDirectory', 'checkpoint', 'noVerifyPages'] as const
const minuteMs = 60_000

/** `backup postgresql://… --method logical`: a dump of each database, with roles and a fingerprint. */
export async function runLogicalBackup(
  { arguments: given, options, output, variables, ctx, global }: Invocation<typeof backupOptions>,
  repositories: readonly Repository[],
): Promise<number> {
  const connection = onlyConnection(given, options, 'a PostgreSQL connection')
  const physical = firstGiven(options, physicalOnly)
  if (physical !== undefined) throw new AppError('OPTIONS_CONFLICT', { first: '--method logical', second: physical })
  const target = readConnectionArgument(connection, variables, ctx)
  const host = options.host ?? sourceHost(target)
  const { database, schema, table, excludeTable } = options
  const { saved, manifest } = await backupLogicalPostgres(
    repositories,
    target,
    {
      source: options.source ?? readSourceName(host, '--source'),
      selection: { databases: database, schemas: schema, tables: table, excludeTables: excludeTable },
      client: clientPlaceOf(options.postgresBin, variables, programPlaceOf(options)),
      parallel: options.parallelDumps ?? 2,
      silenceLimitMs: options.dumpSilence ?? 10 * minuteMs,
      lockWaitMs: options.lockWait ?? 5 * minuteMs,
      checksums: options.checksums,
      toolVersion: programVersion(),
    },
    backupSettingsOf({ options, global, output }, host),
    ctx,
  )
  for (const warning of manifest.warnings) output.line(`warning: ${printable(warning)}`)
  return showSourceBackup(saved, { manifest: { postgresql: manifest }, description: describeDumps(manifest) }, output)
}

function describeDumps({ source, server, dumpTool, fingerprint: { databases }, bytes }: LogicalManifest): string {
  const tables = databases.flatMap((database) => database.tables)
  const rows = tables.reduce((sum, table) => sum + BigInt(table.rows), 0n)
  return `${source}: PostgreSQL ${server.version}, ${countOf(databases.length, 'database')}, ${countOf(tables.length, 'table')}, ${countOf(rows, 'row')}, ${formatSize(bytes)} by pg_dump ${dumpTool.version}`
}
