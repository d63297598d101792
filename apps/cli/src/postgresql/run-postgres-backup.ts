import type { BackupManifest } from '@holdfast/connectors/postgresql/backup/backup-manifest'
import { AppError } from '@holdfast/core/errors/app-error'
import { formatSize } from '@holdfast/core/units/size'
import { backupPostgres } from '@holdfast/orchestrator/postgresql/backup-postgres'
import type { Repository } from '@holdfast/repository/repository'
import { firstGiven } from '../argument/first-given.ts'
import type { backupOptions } from '../backup/backup-option.ts'
import { backupSettingsOf, showSourceBackup } from '../backup/source-backup.ts'
import type { Invocation } from '../command/command.ts'
import { programVersion } from '../command/version.ts'
import { countOf } from '@holdfast/core/units/count-of'
import type { Output } from '../output/output.ts'
import { readConnectionArgument, sourceHost } from './connection-argument.ts'
import { noteProbeWarnings } from './note-probe-warnings.ts'
import { onlyConnection } from '../backup/only-connection.ts'
import { readSourceName } from '../backup/source-name.ts'

type BackupInvocation = Invocation<typeof backupOptions>

const logicalOnly = [
  ...(['database', 'schema', 'table', 'excludeTable', 'inContainer', 'inPod', 'dumpSilence'] as const),
  ...(['lockWait', 'parallelDumps', 'checksums', 'postgresBin'] as const),
]

/** `backup postgresql://…`: a physical backup of the cluster. The exit code is 3 when pages of it are damaged. */
export async function runPostgresBackup(
  { arguments: given, options, output, variables, ctx, global }: BackupInvocation,
  repositories: readonly Repository[],
): Promise<number> {
  const connection = onlyConnection(given, options, 'a PostgreSQL connection')
  const logical = firstGiven(options, logicalOnly)
  if (logical !== undefined) throw new AppError('OPTIONS_CONFLICT', { first: 'a physical backup', second: logical })
  const target = readConnectionArgument(connection, variables, ctx)
  const host = options.host ?? sourceHost(target)
  const source = options.source ?? readSourceName(host, '--source')
  await noteProbeWarnings(target, 'backup', ctx)
  const report = await backupPostgres(
    repositories,
    target,
    {
      source,
      method: options.method === 'direct' ? 'direct' : 'wire',
      checkpoint: options.checkpoint ?? 'fast',
      verifyPages: !options.noVerifyPages,
      label: `holdfast ${source}`,
      toolVersion: programVersion(),
      ...(options.dataDirectory === undefined ? {} : { dataDirectory: options.dataDirectory }),
    },
    backupSettingsOf({ options, global, output }, host),
    ctx,
  )
  const { saved, manifest } = report
  const code = showSourceBackup(
    saved,
    { manifest: { postgresql: manifest }, description: describeCluster(manifest) },
    output,
  )
  return showFindings(manifest, output) ? 3 : code
}

function describeCluster({ server, source, timeline, startLsn, stopLsn, bytes, pagesChecked }: BackupManifest): string {
  const pages = pagesChecked === undefined ? '' : `, ${countOf(pagesChecked, 'page')} checked`
  return `${source}: PostgreSQL ${server.version}, cluster ${server.systemIdentifier}, timeline ${timeline}, WAL ${startLsn} to ${stopLsn}, ${formatSize(bytes)}${pages}`
}

/** True when there are any. */
function showFindings({ findings }: BackupManifest, output: Output): boolean {
  for (const { path, relation, block, message } of findings) {
    const place =
      relation === undefined ? path : `${relation}${block === undefined ? '' : `, block ${block}`} (${path})`
    output.line(`finding: ${place}: ${message}`)
  }
  return findings.length > 0
}
