import type { MysqlTarget } from '@holdfast/connectors/mysql/connection/target'
import { backupPhysical, type PhysicalBackupOptions } from '@holdfast/connectors/mysql/physical/backup-physical'
import type { PhysicalManifest } from '@holdfast/connectors/mysql/physical/physical-manifest'
import type { Context } from '@holdfast/core/context'
import type { Repository } from '@holdfast/repository/repository'
import { save } from '@holdfast/repository/save/save'
import type { SaveReport } from '@holdfast/repository/save/save-request'
import { groupByHostAndPaths } from '@holdfast/repository/snapshot/group-snapshots'
import { type SaveSettings, wholeSource } from '../save-settings.ts'

export interface PhysicalMysqlBackupReport {
  readonly saved: SaveReport
  readonly manifest: PhysicalManifest
}

/** Copies the data directory into each of the repositories, from one reading. The caller holds a lock on each. */
export async function backupPhysicalMysql(
  repositories: readonly Repository[],
  target: MysqlTarget,
  options: PhysicalBackupOptions,
  settings: SaveSettings & { readonly tags: readonly string[] },
  ctx: Context,
): Promise<PhysicalMysqlBackupReport> {
  await using backup = await backupPhysical(target, options, ctx)
  const { tags, ...rest } = settings
  const { source } = options
  const saved = await save(
    repositories,
    {
      ...wholeSource,
      ...rest,
      source: { type: 'entries', path: `/mysql/${source}`, entries: backup.entries },
      time: ctx.now(),
      tags: ['holdfast', `source=${source}`, 'type=mysql', 'method=physical', ...tags],
      parent: { type: 'choose', groupBy: groupByHostAndPaths },
    },
    ctx,
  )
  const manifest = backup.manifest()
  if (manifest === undefined) throw new Error('a backup was saved that had not ended')
  return { saved, manifest }
}
