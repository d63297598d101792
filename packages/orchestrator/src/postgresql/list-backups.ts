import type { BackupManifest } from '@holdfast/connectors/postgresql/backup/backup-manifest'
import { parseBackupManifest } from '@holdfast/connectors/postgresql/backup/parse-backup-manifest'
import type { Context } from '@holdfast/core/context'
import { AppError, isAppError } from '@holdfast/core/errors/app-error'
import type { BlobIndex } from '@holdfast/repository/engine/blob-index'
import { loadIndex } from '@holdfast/repository/engine/load-index'
import type { Repository } from '@holdfast/repository/repository'
import { dumpFile } from '@holdfast/repository/restore/dump-file'
import { listSnapshots } from '@holdfast/repository/snapshot/list-snapshots'
import type { ListedSnapshot } from '@holdfast/repository/snapshot/listed-snapshot'
import { resolvePath } from '@holdfast/repository/tree/resolve-path'
import { createTreeSource, type TreeSource } from '@holdfast/repository/tree/tree-source'

/** A base backup in a repository, with what its manifest says. */
export interface PostgresBackup {
  readonly snapshot: ListedSnapshot
  readonly manifest: BackupManifest
}

/** What is needed to look into a repository's snapshots. */
export interface OpenedTrees {
  readonly repository: Repository
  readonly index: BlobIndex
  readonly trees: TreeSource
}

const physicalMethods = ['method=physical', 'method=direct']

/**
 * The physical backups of a source, oldest first. One whose manifest cannot be read is reported and left out: the others
 * can still be restored. Fails with SOURCE_NOT_IN_REPOSITORY when there is none.
 */
export async function listPostgresBackups(
  repository: Repository,
  source: string,
  ctx: Context,
): Promise<{ readonly backups: readonly PostgresBackup[]; readonly opened: OpenedTrees }> {
  const snapshots = await listSnapshots(repository, {}, ctx)
  const own = snapshots.filter(({ snapshot: { tags } }) => {
    return isOfSource(tags, source) && physicalMethods.some((method) => tags.includes(method))
  })
  if (own.length === 0) {
    const known = knownSources(snapshots)
    throw new AppError('SOURCE_NOT_IN_REPOSITORY', {
      source: JSON.stringify(source),
      location: repository.backend.location,
      known: known.length === 0 ? 'none' : known.join(', '),
    })
  }
  const index = await loadIndex(repository, ctx)
  const opened = { repository, index, trees: createTreeSource(repository, index) }
  const backups: PostgresBackup[] = []
  for (const snapshot of own) {
    try {
      const bytes = await readSnapshotFile(opened, snapshot, `postgresql/${source}/manifest.json`, ctx)
      backups.push({ snapshot, manifest: parseBackupManifest(bytes) })
    } catch (error) {
      if (!isAppError(error) || error.retryable || error.code === 'INTERRUPTED') throw error
      const message = `snapshot ${snapshot.id.slice(0, 8)} is left out: ${error.message}`
      ctx.emit({ type: 'message.noted', level: 'warning', message })
    }
  }
  return { backups, opened }
}

/** Names of all sources that have snapshots, sorted. */
export function knownSources(snapshots: readonly ListedSnapshot[]): string[] {
  const names = snapshots.flatMap(({ snapshot }) => snapshot.tags.filter((tag) => tag.startsWith('source=')))
  return [...new Set(names.map((tag) => tag.slice('source='.length)))].toSorted()
}

function isOfSource(tags: readonly string[], source: string): boolean {
  return tags.includes('type=postgresql') && tags.includes(`source=${source}`)
}

/** The whole content of a small file of a snapshot. */
export async function readSnapshotFile(
  { repository, index, trees }: OpenedTrees,
  { id, snapshot }: ListedSnapshot,
  path: string,
  ctx: Context,
): Promise<Uint8Array> {
  const { node } = await resolvePath(trees, snapshot.tree, path, id.slice(0, 8), ctx)
  if (node === undefined || node.type !== 'file') {
    throw new AppError('PATH_UNKNOWN', { path, snapshot: id.slice(0, 8) })
  }
  const parts: Uint8Array[] = []
  for await (const part of dumpFile(repository, index, node, ctx)) parts.push(part)
  return Buffer.concat(parts)
}
