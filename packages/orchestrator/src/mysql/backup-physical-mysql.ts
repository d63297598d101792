import type { MysqlTarget } from '@holdfast/connectors/mysql/connection/target'
import { backupPhysical, type PhysicalBackupOptions } from '@holdfast/connectors/mysql/physical/backup-physical'
import type { PhysicalManifest } from '@holdfast/connectors/mysql/physical/physical-manifest'
import type { Context } from '@holdfast/core/context'
import type { Repository } from '@holdfast/repository/repository'
import { type BackupSettings, saveSourceBackup, type SourceBackupReport } from '../backup/save-source-backup.ts'

/** Copies the data directory into each of the repositories, from one reading. The caller holds a lock on each. */
export async function backupPhysicalMysql(
  repositories: readonly Repository[],
  target: MysqlTarget,
  options: PhysicalBackupOptions,
  settings: BackupSettings,
  ctx: Context,
): Promise<SourceBackupReport<PhysicalManifest>> {
  await using backup = await backupPhysical(target, options, ctx)
  const identity = { source: options.source, type: 'mysql', method: 'physical' } as const
  return await saveSourceBackup(repositories, backup, identity, settings, ctx)
}
