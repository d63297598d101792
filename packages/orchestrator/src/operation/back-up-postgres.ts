import type { BackupFinding } from '@holdfast/connectors/postgresql/backup/backup-manifest'
import type { PostgresWorkload } from '@holdfast/core/config/effective-config'
import type { Context } from '@holdfast/core/context'
import { backupLogicalPostgres } from '../postgresql/backup-logical-postgres.ts'
import { backupPostgres } from '../postgresql/backup-postgres.ts'
import { clientPlaceOf } from '../postgresql/client-place.ts'
import type { BackupRequest, SourceBackup } from './backup-request.ts'
import { tableRowsOf } from './note-row-drops.ts'
import { postgresHost, postgresTarget } from './postgres-target.ts'
import { saveSettingsFor } from './save-settings-for.ts'

const minuteMs = 60_000

/** Backs up a PostgreSQL server by the method of its configuration. What the backup finds wrong in it is a problem. */
export async function backUpPostgres(
  workload: PostgresWorkload,
  request: BackupRequest,
  ctx: Context,
): Promise<SourceBackup> {
  const { runId, tags, source, repositories, host, machine } = request
  const target = await postgresTarget(workload, machine, ctx)
  const settings = { ...saveSettingsFor(machine, postgresHost(target, host)), tags: [`run=${runId}`, ...tags] }
  if (workload.method === 'logical') {
    const { saved, manifest } = await backupLogicalPostgres(
      repositories,
      target,
      {
        source: source.name,
        selection: { databases: workload.databases, schemas: [], tables: [], excludeTables: [] },
        client: clientPlaceOf([], (name) => machine.variable(name)),
        parallel: 2,
        silenceLimitMs: 10 * minuteMs,
        lockWaitMs: 5 * minuteMs,
        checksums: false,
        toolVersion: machine.version,
      },
      settings,
      ctx,
    )
    return { saved, problems: manifest.warnings, tables: tableRowsOf(manifest) }
  }
  const { saved, manifest } = await backupPostgres(
    repositories,
    target,
    {
      source: source.name,
      method: workload.method,
      checkpoint: 'fast',
      verifyPages: true,
      label: `holdfast ${source.name}`,
      toolVersion: machine.version,
      ...(workload.dataDirectory === undefined ? {} : { dataDirectory: workload.dataDirectory }),
    },
    settings,
    ctx,
  )
  return { saved, problems: manifest.findings.map(describeFinding) }
}

function describeFinding({ path, relation, block, message }: BackupFinding): string {
  const place = relation === undefined ? path : `${relation}${block === undefined ? '' : `, block ${block}`} (${path})`
  return `${place}: ${message}`
}
