import type { PostgresTarget } from '@holdfast/connectors/postgresql/connection/target'
import type { ClientPlace } from '@holdfast/connectors/postgresql/logical/client-tool'
import type { Context } from '@holdfast/core/context'
import type { Repository } from '@holdfast/repository/repository'
import type { SaveSettings } from '../save-settings.ts'
import { backupLogicalPostgres } from './backup-logical-postgres.ts'

export interface SafetyBackupRequest {
  /** whose restore replaces the database */
  readonly source: string
  /** what is about to be replaced */
  readonly database: string
  readonly target: PostgresTarget
  readonly client: ClientPlace
}

export interface LogicalSafetyBackup {
  readonly snapshotId: string
  /** its own, so that nobody takes what was replaced for the newest state: "shop.replaced" */
  readonly source: string
}

const limits = { parallel: 1, silenceLimitMs: 10 * 60_000, lockWaitMs: 5 * 60_000, checksums: false } as const

/**
 * Dumps a database before another takes its place. The snapshot is pinned, so that no policy takes it away before a person
 * does. The caller holds a lock. Fails with the codes of `backupLogical`: what is about to be lost must be whole.
 */
export async function makeLogicalSafetyBackup(
  repository: Repository,
  { source, database, target, client }: SafetyBackupRequest,
  settings: SaveSettings,
  ctx: Context,
): Promise<LogicalSafetyBackup> {
  const own = `${source}.replaced`
  const selection = { databases: [database], schemas: [], tables: [], excludeTables: [] }
  const options = { source: own, selection, client, ...limits, toolVersion: settings.programVersion }
  const tags = [`pin=before a restore of ${source}`, `safety=${source}`]
  const { saved } = await backupLogicalPostgres([repository], target, options, { ...settings, tags }, ctx)
  const snapshotId = saved.repositories[0]?.snapshotId
  if (snapshotId === undefined) throw new Error('a safety backup was made without a snapshot')
  return { snapshotId, source: own }
}
