import type { Context } from '@holdfast/core/context'
import type { Repository } from '@holdfast/repository/repository'
import { save } from '@holdfast/repository/save/save'
import type { SaveReport, Source } from '@holdfast/repository/save/save-request'
import { groupByHostAndPaths } from '@holdfast/repository/snapshot/group-snapshots'
import { type SaveSettings, wholeSource } from '../save-settings.ts'

/** A backup that a connector has begun; the caller disposes it. */
export interface BegunBackup<Manifest> extends Pick<Extract<Source, { type: 'entries' }>, 'entries' | 'inspector'> {
  onInspected?(path: string, messages: readonly string[]): void
  /** once the entries have ended */
  manifest(): Manifest | undefined
}

/** What a snapshot of a source is found by: in its path and its tags. */
export interface BackupIdentity {
  readonly source: string
  readonly type: 'mysql' | 'postgresql'
  /** `direct`: physical too, from the files of the cluster */
  readonly method: 'direct' | 'logical' | 'physical'
}

/** `tags` beyond those that tell what the backup is of. */
export type BackupSettings = SaveSettings & { readonly tags: readonly string[] }

export interface SourceBackupReport<Manifest> {
  readonly saved: SaveReport
  readonly manifest: Manifest
}

/** Saves what a connector makes of a source in each of the repositories, from one reading. The caller holds a lock on each. */
export async function saveSourceBackup<Manifest>(
  repositories: readonly Repository[],
  backup: BegunBackup<Manifest>,
  { source, type, method }: BackupIdentity,
  { tags, ...settings }: BackupSettings,
  ctx: Context,
): Promise<SourceBackupReport<Manifest>> {
  const saved = await save(
    repositories,
    {
      ...wholeSource,
      ...settings,
      source: {
        type: 'entries',
        path: `/${type}/${source}`,
        entries: backup.entries,
        onInspected: (path, messages) => backup.onInspected?.(path, messages),
        ...(backup.inspector === undefined ? {} : { inspector: backup.inspector }),
      },
      time: ctx.now(),
      tags: ['holdfast', `source=${source}`, `type=${type}`, `method=${method}`, ...tags],
      parent: { type: 'choose', groupBy: groupByHostAndPaths },
    },
    ctx,
  )
  const manifest = backup.manifest()
  if (manifest === undefined) throw new Error('a backup was saved that had not ended')
  return { saved, manifest }
}
