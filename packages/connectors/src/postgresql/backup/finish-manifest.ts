import type { Context } from '@holdfast/core/context'
import { isAppError } from '@holdfast/core/errors/app-error'
import { connectPostgres } from '../connection/connect.ts'
import type { PostgresConnection } from '../connection/connection.ts'
import { formatLsn } from '../wal/lsn.ts'
import type { BackupFinding, BackupManifest } from './backup-manifest.ts'
import type { BackupRange, BackupRun } from './backup-run.ts'
import { settingsToRecord } from './cluster-facts.ts'
import { nameFindings } from './name-findings.ts'
import { sqlRow } from './sql-rows.ts'

function makeManifest(
  run: BackupRun,
  { timeline, startLsn, stopLsn, tablespaces }: BackupRange,
  { stoppedAt, findings }: { stoppedAt: string; findings: readonly BackupFinding[] },
): BackupManifest {
  const { options, facts, tally } = run
  const isWire = options.method === 'wire'
  return {
    formatVersion: 1,
    source: options.source,
    type: 'postgresql',
    method: isWire ? 'physical' : 'direct',
    label: options.label,
    tool: { name: 'holdfast', version: options.toolVersion },
    server: facts.server,
    timeline,
    startLsn: formatLsn(startLsn),
    stopLsn: formatLsn(stopLsn),
    startedAt: run.startedAt,
    stoppedAt,
    fromStandby: facts.inRecovery,
    tablespaces,
    settings: settingsToRecord(facts.settings),
    databases: facts.databases,
    superuser: facts.superuser,
    extensions: run.extensions,
    collations: run.collations,
    files: tally.files,
    bytes: tally.bytes,
    findings,
    ...(run.checksPages && isWire ? { pagesChecked: tally.pagesChecked } : {}),
    pagesBad: tally.pagesBad,
  }
}

/** The last entry, made when everything else has been read. */
export async function finishManifest(run: BackupRun, range: BackupRange, ctx: Context): Promise<BackupManifest> {
  run.tally.finish()
  const findings = await nameFindings(run, run.tally.findings, ctx)
  return makeManifest(run, range, { stoppedAt: await closingClock(run, ctx), findings })
}

/** The server's clock as ISO 8601 with microseconds in UTC. */
export async function serverClock(connection: PostgresConnection, ctx: Context): Promise<string> {
  const format = `YYYY-MM-DD"T"HH24:MI:SS.US"Z"`
  const sql = `SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', '${format}') AS now`
  return (await sqlRow(connection, sql, ctx))('now') ?? ''
}

/** The same after the backup, when the session that began it may have been lost with its slot. */
async function closingClock(run: BackupRun, ctx: Context): Promise<string> {
  try {
    return await serverClock(run.session, ctx)
  } catch (error) {
    if (!isAppError(error) || error.code === 'INTERRUPTED') throw error
    const database = run.target.database ?? 'postgres'
    await using connection = await connectPostgres(run.target, { database }, ctx)
    return serverClock(connection, ctx)
  }
}
