import { backupPhysical } from '@holdfast/connectors/postgresql/backup/backup-physical'
import type { BackupManifest } from '@holdfast/connectors/postgresql/backup/backup-manifest'
import type { PhysicalBackupOptions } from '@holdfast/connectors/postgresql/backup/physical-backup'
import type { PostgresTarget } from '@holdfast/connectors/postgresql/connection/target'
import type { Context } from '@holdfast/core/context'
import type { Repository } from '@holdfast/repository/repository'
import { knownCluster } from '../log/known-cluster.ts'
import { type BackupSettings, saveSourceBackup, type SourceBackupReport } from '../backup/save-source-backup.ts'

/**
 * Makes a physical backup of a cluster in each of the repositories, from one reading. The caller holds a lock on each. What
 * the manifest finds wrong (bad pages) is for the caller to show: the backup is kept, because an older one may be worse.
 * Fails with POSTGRES_OTHER_CLUSTER when the source has been another cluster so far: its log would not fit.
 */
export async function backupPostgres(
  repositories: readonly Repository[],
  target: PostgresTarget,
  options: PhysicalBackupOptions,
  settings: BackupSettings,
  ctx: Context,
): Promise<SourceBackupReport<BackupManifest>> {
  const systemIdentifier = await knownCluster(repositories, options.source, ctx)
  const known = systemIdentifier === undefined ? {} : { systemIdentifier }
  await using backup = await backupPhysical(target, { ...options, ...known }, ctx)
  const method = options.method === 'wire' ? 'physical' : 'direct'
  const identity = { source: options.source, type: 'postgresql', method } as const
  return await saveSourceBackup(repositories, backup, identity, settings, ctx)
}
