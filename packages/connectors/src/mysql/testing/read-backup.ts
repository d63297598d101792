import { quietContext } from '@holdfast/core/context'
import type { MysqlClientPlace } from '../client/mysql-tool.ts'
import type { MysqlTarget } from '../connection/target.ts'
import { backupLogical } from '../logical/backup-logical.ts'
import type { LogicalBackupOptions } from '../logical/logical-backup.ts'
import { databasePath, type LogicalManifest, viewsPath } from '../logical/logical-manifest.ts'
import type { LogicalFiles } from '../logical/restore/logical-restore.ts'

export const localClient: MysqlClientPlace = {
  place: { type: 'local' },
  binaries: { directories: [], path: '/usr/bin' },
  outerVariables: {},
}

export const wholeSelection = { databases: [], tables: [], excludeTables: [] }

/** For tests: a backup in memory. `during` is called when the first byte of a database has come. */
export async function readBackup(
  target: MysqlTarget,
  options: Partial<LogicalBackupOptions> = {},
  during: () => Promise<unknown> = async () => {},
): Promise<{ readonly manifest: LogicalManifest; readonly files: LogicalFiles }> {
  const own: LogicalBackupOptions = {
    source: 'shop',
    selection: wholeSelection,
    client: localClient,
    silenceLimitMs: 60_000,
    lockAllTables: false,
    parallel: 1,
    toolVersion: '0',
    ...options,
  }
  await using backup = await backupLogical(target, own, quietContext())
  const content = new Map<string, Buffer>()
  let isFirst = true
  for await (const entry of backup.entries) {
    if (entry.kind !== 'file') continue
    const parts: Uint8Array[] = []
    if (entry.content.type === 'bytes') parts.push(entry.content.bytes)
    const { content: from } = entry
    const streams = from.type === 'stream' ? [from.chunks] : from.type === 'parts' ? from.parts : []
    for (const stream of streams) {
      for await (const bytes of stream) {
        if (isFirst) await during()
        isFirst = false
        parts.push(Buffer.from(bytes))
      }
    }
    content.set(entry.path.slice('mysql/shop/'.length), Buffer.concat(parts))
  }
  const manifest = backup.manifest()
  if (manifest === undefined) throw new Error('the backup has not ended')
  return { manifest, files: filesOf(manifest, content) }
}

function filesOf(manifest: LogicalManifest, content: ReadonlyMap<string, Buffer>): LogicalFiles {
  return {
    manifest,
    users: async () => content.get('users.sql'),
    database: (name) => only(content.get(databasePath(name)) ?? Buffer.alloc(0)),
    views: async (name) => {
      const bytes = content.get(viewsPath(name))
      return bytes === undefined ? undefined : only(bytes)
    },
  }
}

async function* only(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
