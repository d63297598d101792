import type { MysqlWorkload } from '@holdfast/core/config/effective-config'
import type { Context } from '@holdfast/core/context'
import { backupMysql } from '../mysql/backup-mysql.ts'
import { backupPhysicalMysql } from '../mysql/backup-physical-mysql.ts'
import { mysqlClientPlace } from '../mysql/mysql-client-place.ts'
import type { BackupRequest, SourceBackup } from './backup-request.ts'
import { mysqlHost, mysqlTarget } from './mysql-target.ts'
import { tableRowsOf } from './note-row-drops.ts'
import { saveSettingsFor } from './save-settings-for.ts'

const minuteMs = 60_000

/** Backs up a MySQL or MariaDB server by the method of its configuration. What is not whole in it is a problem. */
export async function backUpMysql(
  workload: MysqlWorkload,
  { runId, tags, source, repositories, host, machine }: BackupRequest,
  ctx: Context,
): Promise<SourceBackup> {
  const target = await mysqlTarget(workload, machine, ctx)
  const settings = { ...saveSettingsFor(machine, mysqlHost(target, host)), tags: [`run=${runId}`, ...tags] }
  const client = mysqlClientPlace([], (name) => machine.variable(name))
  const common = { source: source.name, client, toolVersion: machine.version }
  if (workload.method === 'direct') {
    const { dataDirectory } = workload
    const options = { ...common, temporaryDirectory: machine.temporaryDirectory }
    const place = dataDirectory === undefined ? options : { ...options, dataDirectory }
    const { saved } = await backupPhysicalMysql(repositories, target, place, settings, ctx)
    return { saved, problems: [] }
  }
  const { databases, lockAllTables, parallelDumps: parallel } = workload
  const selection = { databases, tables: [], excludeTables: [] }
  const options = { ...common, selection, silenceLimitMs: 10 * minuteMs, lockAllTables, parallel }
  const { saved, manifest } = await backupMysql(repositories, target, options, settings, ctx)
  const problems = [...manifest.findings.map(({ message }) => message), ...manifest.warnings]
  return { saved, problems, tables: tableRowsOf(manifest) }
}
