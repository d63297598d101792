import { backupPhysical } from '@holdfast/connectors/postgresql/backup/backup-physical'
import type { BackupManifest } from '@holdfast/connectors/postgresql/backup/backup-manifest'
import type { PhysicalBackupOptions } from '@holdfast/connectors/postgresql/backup/physical-backup'
import type { PostgresTarget } from '@holdfast/connectors/postgresql/connection/target'
import type { Context } from '@holdfast/core/context'
import type { Repository } from '@holdfast/repository/repository'
import { save } from '@holdfast/repository/save/save'
import type { SaveReport } from '@holdfast/repository/save/save-request'
import { groupByHostAndPaths } from '@holdfast/repository/snapshot/group-snapshots'
import { type SaveSettings, wholeSource } from '../save-settings.ts'

export interface PostgresBackupReport {
  readonly saved: SaveReport
  readonly manifest: BackupManifest
}

/**
 * Makes a physical backup of a cluster in each of the repositories, from one reading. The caller holds a lock on each. What
 * the manifest finds wrong (bad pages) is for the caller to show: the backup is kept, because an older one may be worse.
 */
export async function backupPostgres(
  repositories: readonly Repository[],
  target: PostgresTarget,
  options: PhysicalBackupOptions,
  settings: SaveSettings & { readonly tags: readonly string[] },
  ctx: Context,
): Promise<PostgresBackupReport> {
  await using backup = await backupPhysical(target, options, ctx)
  const { tags, ...rest } = settings
  const saved = await save(
    repositories,
    {
      ...wholeSource,
      ...rest,
      source: {
        type: 'entries',
        path: `/postgresql/${options.source}`,
        entries: backup.entries,
        onInspected: (path, messages) => backup.onInspected(path, messages),
        ...(backup.inspector === undefined ? {} : { inspector: backup.inspector }),
      },
      time: ctx.now(),
      tags: [...backupTags(options), ...tags],
      parent: { type: 'choose', groupBy: groupByHostAndPaths },
    },
    ctx,
  )
  const manifest = backup.manifest()
  if (manifest === undefined) throw new Error('a backup was saved that had not ended')
  return { saved, manifest }
}

/** What snapshots of a source are found by. */
function backupTags({ source, method }: PhysicalBackupOptions): string[] {
  return ['holdfast', `source=${source}`, 'type=postgresql', `method=${method === 'wire' ? 'physical' : 'direct'}`]
}
