import { choosePrimary } from '@holdfast/connectors/mysql/connection/choose-host'
import type { MysqlTarget } from '@holdfast/connectors/mysql/connection/target'
import { backupLogical } from '@holdfast/connectors/mysql/logical/backup-logical'
import type { LogicalBackupOptions } from '@holdfast/connectors/mysql/logical/logical-backup'
import type { LogicalManifest } from '@holdfast/connectors/mysql/logical/logical-manifest'
import type { Context } from '@holdfast/core/context'
import type { Repository } from '@holdfast/repository/repository'
import { type BackupSettings, saveSourceBackup, type SourceBackupReport } from '../backup/save-source-backup.ts'

/** Dumps databases into each of the repositories, from one reading. The caller holds a lock on each. */
export async function backupMysql(
  repositories: readonly Repository[],
  target: MysqlTarget,
  options: LogicalBackupOptions,
  settings: BackupSettings,
  ctx: Context,
): Promise<SourceBackupReport<LogicalManifest>> {
  await using backup = await backupLogical(await choosePrimary(target, ctx), options, ctx)
  const identity = { source: options.source, type: 'mysql', method: 'logical' } as const
  return await saveSourceBackup(repositories, backup, identity, settings, ctx)
}
