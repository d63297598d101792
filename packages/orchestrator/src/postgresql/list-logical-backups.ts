import { dumpPath, type LogicalManifest } from '@holdfast/connectors/postgresql/logical/logical-manifest'
import { parseLogicalManifest } from '@holdfast/connectors/postgresql/logical/parse-logical-manifest'
import type { LogicalFiles } from '@holdfast/connectors/postgresql/logical/restore/logical-files'
import type { Context } from '@holdfast/core/context'
import type { Repository } from '@holdfast/repository/repository'
import type { OpenedTrees } from '@holdfast/repository/tree/open-trees'
import { listSourceBackups, type SourceBackup } from '../backup/list-source-backups.ts'
import { readSnapshotFile, streamSnapshotFile } from '../backup/snapshot-file.ts'

/** A logical backup in a repository, with what its manifest says. */
export type LogicalPostgresBackup = SourceBackup<LogicalManifest>

/** The logical backups of a source, as `listSourceBackups` lists them. */
export async function listLogicalBackups(
  repository: Repository,
  source: string,
  ctx: Context,
): Promise<{ readonly backups: readonly LogicalPostgresBackup[]; readonly opened: OpenedTrees }> {
  const called = `the logical kind of ${JSON.stringify(source)}`
  const isWanted = (tags: readonly string[]): boolean => tags.includes('method=logical')
  return await listSourceBackups(
    repository,
    { source, type: 'postgresql', isWanted, parse: parseLogicalManifest, called },
    ctx,
  )
}

/** The files of a logical backup, read from the repository when they are wanted. */
export function logicalFilesOf(opened: OpenedTrees, { snapshot, manifest }: LogicalPostgresBackup): LogicalFiles {
  const folder = `postgresql/${manifest.source}`
  return {
    manifest,
    globals: (ctx) => readSnapshotFile(opened, snapshot, `${folder}/globals.sql`, ctx),
    dump: (database, ctx) => streamSnapshotFile(opened, snapshot, `${folder}/${dumpPath(database)}`, ctx),
  }
}
