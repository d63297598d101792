import type { Context } from '@holdfast/core/context'
import { connectPostgres } from '../connection/connect.ts'
import type { PostgresConnection } from '../connection/connection.ts'
import type { PostgresTarget } from '../connection/target.ts'
import type { DatabaseFacts, ServerFacts, TablespaceFacts } from './backup-manifest.ts'
import { type ClusterFacts, readClusterFacts } from './cluster-facts.ts'
import { probeWarnings } from './probe-warnings.ts'
import { sqlRow } from './sql-rows.ts'

/** What is there, and what could go wrong, without changing anything. */
export interface PostgresProbe {
  /** which of the target's servers answered */
  readonly host: string
  readonly server: ServerFacts
  readonly timeline: number
  readonly inRecovery: boolean
  readonly walLevel: string
  readonly walSenders: Usage
  readonly replicationSlots: Usage
  /** undefined when the role may not see it */
  readonly dataDirectory?: string
  readonly role: RoleFacts
  /** of all databases the role may ask about */
  readonly sizeBytes: number
  readonly databases: readonly DatabaseFacts[]
  readonly tablespaces: readonly TablespaceFacts[]
  readonly settings: ReadonlyMap<string, string>
  readonly warnings: readonly ProbeWarning[]
}

export interface Usage {
  readonly limit: number
  readonly used: number
}

export interface RoleFacts {
  readonly name: string
  readonly isSuperuser: boolean
  /** may take base backups over the wire and follow the log */
  readonly mayReplicate: boolean
  /** may put the server into backup mode, as the direct method does */
  readonly mayStartBackup: boolean
  /** may read single pages again that seem damaged */
  readonly mayReadFiles: boolean
}

export interface ProbeWarning {
  /** "WAL_LEVEL_MINIMAL" */
  readonly code: string
  /** "prevents": no physical backup is possible; "endangers": data may be lost; "limits": something will be missing */
  readonly severity: 'prevents' | 'endangers' | 'limits'
  readonly message: string
  readonly hint: string
}

/** Fails with the codes of `connectPostgres`. */
export async function probePostgres(target: PostgresTarget, ctx: Context): Promise<PostgresProbe> {
  await using connection = await connectPostgres(target, { database: target.database ?? 'postgres' }, ctx)
  const facts = await readClusterFacts(connection, ctx)
  const dataDirectory = facts.settings.get('data_directory')
  const probe = {
    host: connection.host,
    server: facts.server,
    timeline: facts.timeline,
    inRecovery: facts.inRecovery,
    walLevel: facts.settings.get('wal_level') ?? '',
    ...(await readUsage(connection, facts, ctx)),
    ...(dataDirectory === undefined ? {} : { dataDirectory }),
    role: await readRole(connection, ctx),
    sizeBytes: facts.databases.reduce((sum, { sizeBytes }) => sum + (sizeBytes ?? 0), 0),
    databases: facts.databases,
    tablespaces: facts.tablespaces,
    settings: facts.settings,
  }
  return { ...probe, warnings: probeWarnings(probe) }
}

async function readUsage(
  connection: PostgresConnection,
  { settings }: ClusterFacts,
  ctx: Context,
): Promise<{ walSenders: Usage; replicationSlots: Usage }> {
  const row = await sqlRow(
    connection,
    `SELECT (SELECT count(*) FROM pg_stat_replication) AS senders, (SELECT count(*) FROM pg_replication_slots) AS slots`,
    ctx,
  )
  return {
    walSenders: { limit: Number(settings.get('max_wal_senders') ?? 0), used: Number(row('senders')) },
    replicationSlots: { limit: Number(settings.get('max_replication_slots') ?? 0), used: Number(row('slots')) },
  }
}

async function readRole(connection: PostgresConnection, ctx: Context): Promise<RoleFacts> {
  const start =
    connection.versionNumber >= 150_000 ? 'pg_backup_start(text, boolean)' : 'pg_start_backup(text, boolean, boolean)'
  const row = await sqlRow(
    connection,
    `SELECT rolname AS name, rolsuper AS super, rolreplication OR rolsuper AS replicates,
            has_function_privilege('${start}', 'EXECUTE') AS starts,
            has_function_privilege('pg_read_binary_file(text, bigint, bigint, boolean)', 'EXECUTE') AS reads
       FROM pg_roles WHERE rolname = current_user`,
    ctx,
  )
  return {
    name: row('name') ?? '',
    isSuperuser: row('super') === 't',
    mayReplicate: row('replicates') === 't',
    mayStartBackup: row('starts') === 't',
    mayReadFiles: row('reads') === 't',
  }
}
