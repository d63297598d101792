import {
  databasePath,
  type LogicalManifest,
  sourceFolder,
  viewsPath,
} from '@holdfast/connectors/mysql/logical/logical-manifest'
import { parseLogicalManifest } from '@holdfast/connectors/mysql/logical/parse-logical-manifest'
import type { LogicalFiles } from '@holdfast/connectors/mysql/logical/restore/logical-restore'
import { parsePhysicalManifest, type PhysicalManifest } from '@holdfast/connectors/mysql/physical/physical-manifest'
import type { RecoverableBase } from '@holdfast/connectors/mysql/recovery/binlog-chain'
import type { Context } from '@holdfast/core/context'
import { AppError, isAppError } from '@holdfast/core/errors/app-error'
import { loadIndex } from '@holdfast/repository/engine/load-index'
import type { Repository } from '@holdfast/repository/repository'
import { dumpFile } from '@holdfast/repository/restore/dump-file'
import { listSnapshots } from '@holdfast/repository/snapshot/list-snapshots'
import type { ListedSnapshot } from '@holdfast/repository/snapshot/listed-snapshot'
import { resolvePath } from '@holdfast/repository/tree/resolve-path'
import { createTreeSource } from '@holdfast/repository/tree/tree-source'
import { knownSources, type OpenedTrees, readSnapshotFile } from '../postgresql/list-backups.ts'

/** A backup in a repository, with what its manifest says. */
export interface MysqlBackup<Manifest = LogicalManifest | PhysicalManifest> {
  readonly snapshot: ListedSnapshot
  readonly manifest: Manifest
}

export function isLogical(backup: MysqlBackup): backup is MysqlBackup<LogicalManifest> {
  return backup.manifest.method === 'logical'
}

export function isPhysical(backup: MysqlBackup): backup is MysqlBackup<PhysicalManifest> {
  return backup.manifest.method === 'physical'
}

/**
 * The backups of a source, oldest first. One whose manifest cannot be read is reported and left out: the others can still be
 * restored. Fails with SOURCE_NOT_IN_REPOSITORY when there is none.
 */
export async function listMysqlBackups(
  repository: Repository,
  source: string,
  ctx: Context,
): Promise<{ readonly backups: readonly MysqlBackup[]; readonly opened: OpenedTrees }> {
  const snapshots = await listSnapshots(repository, {}, ctx)
  const wanted = ['type=mysql', `source=${source}`]
  // what was kept before a restore is no state of the source
  const own = snapshots.filter(({ snapshot: { tags } }) => {
    const isBackup = tags.includes('method=logical') || tags.includes('method=physical')
    return isBackup && wanted.every((tag) => tags.includes(tag)) && !tags.some((tag) => tag.startsWith('safety='))
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
  const backups: MysqlBackup[] = []
  for (const snapshot of own) {
    try {
      const bytes = await readSnapshotFile(opened, snapshot, `${sourceFolder(source)}/manifest.json`, ctx)
      const parse = snapshot.snapshot.tags.includes('method=physical') ? parsePhysicalManifest : parseLogicalManifest
      backups.push({ snapshot, manifest: parse(bytes) })
    } catch (error) {
      if (!isAppError(error) || error.retryable || error.code === 'INTERRUPTED') throw error
      const message = `snapshot ${snapshot.id.slice(0, 8)} is left out: ${error.message}`
      ctx.emit({ type: 'message.noted', level: 'warning', message })
    }
  }
  return { backups, opened }
}

/** What planning needs of a backup. */
export function baseOf({ snapshot, manifest }: MysqlBackup): RecoverableBase {
  const { startedAt, consistentAt, position, server } = manifest
  const place = position === undefined ? {} : { position }
  return { id: snapshot.id, startedAt, consistentAt, serverId: server.serverId, ...place }
}

/** The files of a backup, read from the repository when they are wanted. */
export function logicalFilesOf(
  opened: OpenedTrees,
  { snapshot, manifest }: MysqlBackup<LogicalManifest>,
): LogicalFiles {
  const folder = sourceFolder(manifest.source)
  return {
    manifest,
    users: async (ctx) =>
      manifest.hasUsers ? await readSnapshotFile(opened, snapshot, `${folder}/users.sql`, ctx) : undefined,
    database: (name, ctx) => contentOf(opened, snapshot, `${folder}/${databasePath(name)}`, ctx),
    async views(name, ctx) {
      const path = `${folder}/${viewsPath(name)}`
      try {
        await resolvePath(opened.trees, snapshot.snapshot.tree, path, snapshot.id.slice(0, 8), ctx)
        return contentOf(opened, snapshot, path, ctx)
      } catch (error) {
        if (isAppError(error, 'PATH_UNKNOWN')) return undefined
        throw error
      }
    },
  }
}

async function* contentOf(
  { repository, index, trees }: OpenedTrees,
  { id, snapshot }: ListedSnapshot,
  path: string,
  ctx: Context,
): AsyncGenerator<Uint8Array> {
  const { node } = await resolvePath(trees, snapshot.tree, path, id.slice(0, 8), ctx)
  if (node === undefined || node.type !== 'file') throw new AppError('PATH_UNKNOWN', { path, snapshot: id.slice(0, 8) })
  yield* dumpFile(repository, index, node, ctx)
}
