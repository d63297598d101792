import { databasePath, type LogicalManifest, viewsPath } from '@holdfast/connectors/mysql/logical/logical-manifest'
import { parseLogicalManifest } from '@holdfast/connectors/mysql/logical/parse-logical-manifest'
import type { LogicalFiles } from '@holdfast/connectors/mysql/logical/restore/logical-restore'
import { sourceFolder } from '@holdfast/connectors/mysql/manifest/mysql-manifest'
import { parsePhysicalManifest, type PhysicalManifest } from '@holdfast/connectors/mysql/physical/physical-manifest'
import type { RecoverableBase } from '@holdfast/connectors/mysql/recovery/binlog-chain'
import type { Context } from '@holdfast/core/context'
import { isAppError } from '@holdfast/core/errors/app-error'
import type { Repository } from '@holdfast/repository/repository'
import { resolvePath } from '@holdfast/repository/tree/resolve-path'
import type { OpenedTrees } from '@holdfast/repository/tree/open-trees'
import { listSourceBackups, type SourceBackup } from '../backup/list-source-backups.ts'
import { readSnapshotFile, streamSnapshotFile } from '../backup/snapshot-file.ts'

/** A backup in a repository, with what its manifest says. */
export type MysqlBackup<Manifest = LogicalManifest | PhysicalManifest> = SourceBackup<Manifest>

export function isLogical(backup: MysqlBackup): backup is MysqlBackup<LogicalManifest> {
  return backup.manifest.method === 'logical'
}

export function isPhysical(backup: MysqlBackup): backup is MysqlBackup<PhysicalManifest> {
  return backup.manifest.method === 'physical'
}

/** Of all databases: a log can be replayed on it, and it is what a source was. Tables may have been left out by name. */
export function isWhole({ manifest }: MysqlBackup): boolean {
  if (manifest.method === 'physical') return true
  const { databases, tables } = manifest.selection
  return databases.length === 0 && tables.length === 0
}

/** Those that tell what a source was: dumps of some databases only when there are no others. */
export function mainBackups(backups: readonly MysqlBackup[]): readonly MysqlBackup[] {
  const whole = backups.filter(isWhole)
  return whole.length === 0 ? backups : whole
}

/** The backups of a source of both kinds, as `listSourceBackups` lists them. */
export async function listMysqlBackups(
  repository: Repository,
  source: string,
  ctx: Context,
): Promise<{ readonly backups: readonly MysqlBackup[]; readonly opened: OpenedTrees }> {
  return await listSourceBackups<LogicalManifest | PhysicalManifest>(
    repository,
    {
      source,
      type: 'mysql',
      isWanted(tags) {
        const isBackup = tags.includes('method=logical') || tags.includes('method=physical')
        // what was kept before a restore is no state of the source
        return isBackup && !tags.some((tag) => tag.startsWith('safety='))
      },
      parse: (bytes, tags) =>
        tags.includes('method=physical') ? parsePhysicalManifest(bytes) : parseLogicalManifest(bytes),
    },
    ctx,
  )
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
    database: (name, ctx) => streamSnapshotFile(opened, snapshot, `${folder}/${databasePath(name)}`, ctx),
    async views(name, ctx) {
      const path = `${folder}/${viewsPath(name)}`
      try {
        await resolvePath(opened.trees, snapshot.snapshot.tree, path, snapshot.id.slice(0, 8), ctx)
        return streamSnapshotFile(opened, snapshot, path, ctx)
      } catch (error) {
        if (isAppError(error, 'PATH_UNKNOWN')) return undefined
        throw error
      }
    },
  }
}
