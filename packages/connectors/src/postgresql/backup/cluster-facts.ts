import type { Context } from '@holdfast/core/context'
import type { PostgresConnection } from '../connection/connection.ts'
import type { DatabaseFacts, ServerFacts, TablespaceFacts } from './backup-manifest.ts'
import { sqlRow, sqlRows } from './sql-rows.ts'

/** What a server says of itself, to any role that may log in. */
export interface ClusterFacts {
  readonly server: ServerFacts
  readonly inRecovery: boolean
  readonly timeline: number
  readonly settings: ReadonlyMap<string, string>
  readonly tablespaces: readonly TablespaceFacts[]
  readonly databases: readonly DatabaseFacts[]
  readonly superuser: string
}

/**
 * Settings that decide how a restored cluster starts and behaves: what a standby or a recovery needs at least as large,
 * libraries that must be installed, and places of files outside the data directory.
 */
const recordedSettings = [
  'max_connections',
  'max_worker_processes',
  'max_wal_senders',
  'max_prepared_transactions',
  'max_locks_per_transaction',
  'wal_level',
  'wal_log_hints',
  'track_commit_timestamp',
  'shared_preload_libraries',
  'hot_standby',
  'full_page_writes',
  'fsync',
  'data_checksums',
  'data_directory',
  'config_file',
  'hba_file',
  'ident_file',
  'server_encoding',
  'lc_messages',
  'TimeZone',
  'huge_pages',
  'shared_buffers',
  'allow_in_place_tablespaces',
] as const

/** Settings that only superusers and pg_read_all_settings see are absent for others. */
export async function readClusterFacts(connection: PostgresConnection, ctx: Context): Promise<ClusterFacts> {
  const settings = await readSettings(connection, ctx)
  const number = (name: string): number => Number(settings.get(name) ?? 0)
  const row = await sqlRow(
    connection,
    `SELECT system_identifier::text AS identifier, pg_is_in_recovery() AS recovering,
            (SELECT timeline_id FROM pg_control_checkpoint()) AS timeline,
            (SELECT rolname FROM pg_roles WHERE oid = 10) AS superuser
       FROM pg_control_system()`,
    ctx,
  )
  return {
    server: {
      // Debian adds the name of its package: "15.18 (Debian 15.18-0+deb12u1)".
      version: (settings.get('server_version') ?? '').split(' ')[0] ?? '',
      versionNumber: connection.versionNumber,
      systemIdentifier: row('identifier') ?? '',
      dataChecksums: settings.get('data_checksums') === 'on',
      walSegmentBytes: number('wal_segment_size'),
      blockBytes: number('block_size'),
      relationSegmentBlocks: number('segment_size'),
    },
    inRecovery: row('recovering') === 't',
    timeline: Number(row('timeline')),
    settings,
    tablespaces: await readTablespaces(connection, ctx),
    databases: await readDatabases(connection, ctx),
    superuser: row('superuser') ?? 'postgres',
  }
}

/** Those of a cluster's settings that its backups record. */
export function settingsToRecord(settings: ReadonlyMap<string, string>): Record<string, string> {
  return Object.fromEntries(
    recordedSettings.flatMap((name) => {
      const value = settings.get(name)
      return value === undefined ? [] : [[name, value]]
    }),
  )
}

/** Values in the setting's own unit: wal_segment_size in bytes, segment_size in blocks. */
async function readSettings(connection: PostgresConnection, ctx: Context): Promise<Map<string, string>> {
  const rows = await sqlRows(connection, 'SELECT name, setting FROM pg_settings', ctx)
  return new Map(rows.map((row) => [row('name') ?? '', row('setting') ?? '']))
}

/** A size that the role may not ask for counts as 0. */
async function readTablespaces(connection: PostgresConnection, ctx: Context): Promise<TablespaceFacts[]> {
  const rows = await sqlRows(
    connection,
    `SELECT oid, pg_tablespace_location(oid) AS path,
            CASE WHEN has_tablespace_privilege(oid, 'CREATE') OR pg_has_role('pg_read_all_stats', 'USAGE')
                 THEN pg_tablespace_size(oid) END AS bytes
       FROM pg_tablespace WHERE spcname NOT IN ('pg_default', 'pg_global') ORDER BY oid`,
    ctx,
  )
  return rows.map((row) => ({ oid: Number(row('oid')), path: row('path') ?? '', sizeBytes: Number(row('bytes') ?? 0) }))
}

async function readDatabases(connection: PostgresConnection, ctx: Context): Promise<DatabaseFacts[]> {
  const rows = await sqlRows(
    connection,
    `SELECT oid, datname AS name,
            CASE WHEN has_database_privilege(oid, 'CONNECT') OR pg_has_role('pg_read_all_stats', 'USAGE')
                 THEN pg_database_size(oid) END AS bytes
       FROM pg_database ORDER BY oid`,
    ctx,
  )
  return rows.map((row) => {
    const bytes = row('bytes')
    return {
      name: row('name') ?? '',
      oid: Number(row('oid')),
      ...(bytes === null ? {} : { sizeBytes: Number(bytes) }),
    }
  })
}
