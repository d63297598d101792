import { dumpPath, type LogicalManifest } from '@holdfast/connectors/postgresql/logical/logical-manifest'
import { parseLogicalManifest } from '@holdfast/connectors/postgresql/logical/parse-logical-manifest'
import type { LogicalFiles } from '@holdfast/connectors/postgresql/logical/restore/logical-files'
import type { Context } from '@holdfast/core/context'
import { AppError, isAppError } from '@holdfast/core/errors/app-error'
import { loadIndex } from '@holdfast/repository/engine/load-index'
import type { Repository } from '@holdfast/repository/repository'
import { dumpFile } from '@holdfast/repository/restore/dump-file'
import { listSnapshots } from '@holdfast/repository/snapshot/list-snapshots'
import type { ListedSnapshot } from '@holdfast/repository/snapshot/listed-snapshot'
import { resolvePath } from '@holdfast/repository/tree/resolve-path'
import { createTreeSource } from '@holdfast/repository/tree/tree-source'
import { knownSources, type OpenedTrees, readSnapshotFile } from './list-backups.ts'

/** A logical backup in a repository, with what its manifest says. */
export interface LogicalPostgresBackup {
  readonly snapshot: ListedSnapshot
  readonly manifest: LogicalManifest
}

/**
 * The logical backups of a source, oldest first. One whose manifest cannot be read is reported and left out. Fails with
 * SOURCE_NOT_IN_REPOSITORY when there is none.
 */
export async function listLogicalBackups(
  repository: Repository,
  source: string,
  ctx: Context,
): Promise<{ readonly backups: readonly LogicalPostgresBackup[]; readonly opened: OpenedTrees }> {
  const snapshots = await listSnapshots(repository, {}, ctx)
  const wanted = ['type=postgresql', `source=${source}`, 'method=logical']
  const own = snapshots.filter(({ snapshot: { tags } }) => wanted.every((tag) => tags.includes(tag)))
  if (own.length === 0) {
    const known = knownSources(snapshots)
    throw new AppError('SOURCE_NOT_IN_REPOSITORY', {
      source: `the logical kind of ${JSON.stringify(source)}`,
      location: repository.backend.location,
      known: known.length === 0 ? 'none' : known.join(', '),
    })
  }
  const index = await loadIndex(repository, ctx)
  const opened = { repository, index, trees: createTreeSource(repository, index) }
  const backups: LogicalPostgresBackup[] = []
  for (const snapshot of own) {
    try {
      const bytes = await readSnapshotFile(opened, snapshot, `postgresql/${source}/manifest.json`, ctx)
      backups.push({ snapshot, manifest: parseLogicalManifest(bytes) })
    } catch (error) {
      if (!isAppError(error) || error.retryable || error.code === 'INTERRUPTED') throw error
      const message = `snapshot ${snapshot.id.slice(0, 8)} is left out: ${error.message}`
      ctx.emit({ type: 'message.noted', level: 'warning', message })
    }
  }
  return { backups, opened }
}

/** The files of a logical backup, read from the repository when they are wanted. */
export function logicalFilesOf(opened: OpenedTrees, { snapshot, manifest }: LogicalPostgresBackup): LogicalFiles {
  const folder = `postgresql/${manifest.source}`
  return {
    manifest,
    globals: (ctx) => readSnapshotFile(opened, snapshot, `${folder}/globals.sql`, ctx),
    dump: (database, ctx) => contentOf(opened, snapshot, `${folder}/${dumpPath(database)}`, ctx),
  }
}

async function* contentOf(
  { repository, index, trees }: OpenedTrees,
  { id, snapshot }: ListedSnapshot,
  path: string,
  ctx: Context,
): AsyncGenerator<Uint8Array> {
  const { node } = await resolvePath(trees, snapshot.tree, path, id.slice(0, 8), ctx)
  if (node === undefined || node.type !== 'file') {
    throw new AppError('PATH_UNKNOWN', { path, snapshot: id.slice(0, 8) })
  }
  yield* dumpFile(repository, index, node, ctx)
}
