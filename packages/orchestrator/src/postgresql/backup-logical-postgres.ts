import { backupLogical } from '@holdfast/connectors/postgresql/logical/backup-logical'
import type { LogicalBackupOptions } from '@holdfast/connectors/postgresql/logical/logical-backup'
import type { LogicalManifest } from '@holdfast/connectors/postgresql/logical/logical-manifest'
import type { PostgresTarget } from '@holdfast/connectors/postgresql/connection/target'
import type { Context } from '@holdfast/core/context'
import type { Repository } from '@holdfast/repository/repository'
import { type BackupSettings, saveSourceBackup, type SourceBackupReport } from '../backup/save-source-backup.ts'

/** Dumps databases into each of the repositories, from one reading. The caller holds a lock on each. */
export async function backupLogicalPostgres(
  repositories: readonly Repository[],
  target: PostgresTarget,
  options: LogicalBackupOptions,
  settings: BackupSettings,
  ctx: Context,
): Promise<SourceBackupReport<LogicalManifest>> {
  await using backup = await backupLogical(target, options, ctx)
  const identity = { source: options.source, type: 'postgresql', method: 'logical' } as const
  return await saveSourceBackup(repositories, backup, identity, settings, ctx)
}
