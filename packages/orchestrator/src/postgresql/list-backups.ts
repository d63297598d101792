import type { BackupManifest } from '@holdfast/connectors/postgresql/backup/backup-manifest'
import { parseBackupManifest } from '@holdfast/connectors/postgresql/backup/parse-backup-manifest'
import type { Context } from '@holdfast/core/context'
import type { Repository } from '@holdfast/repository/repository'
import type { OpenedTrees } from '@holdfast/repository/tree/open-trees'
import { listSourceBackups, type SourceBackup } from '../backup/list-source-backups.ts'

/** A base backup in a repository, with what its manifest says. */
export type PostgresBackup = SourceBackup<BackupManifest>

/** The physical backups of a source, as `listSourceBackups` lists them. */
export async function listPostgresBackups(
  repository: Repository,
  source: string,
  ctx: Context,
): Promise<{ readonly backups: readonly PostgresBackup[]; readonly opened: OpenedTrees }> {
  const wanted = { source, type: 'postgresql', isWanted: isPhysical, parse: parseBackupManifest } as const
  return await listSourceBackups(repository, wanted, ctx)
}

/** Whether the tags of a snapshot of a PostgreSQL source are those of a physical backup. */
export function isPhysical(tags: readonly string[]): boolean {
  return tags.includes('method=physical') || tags.includes('method=direct')
}
