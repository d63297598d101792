/** Logical backups of test servers, kept in memory. Only for tests. */
import { type Context, quietContext } from '@holdfast/core/context'
import type { PostgresTarget } from '../../connection/target.ts'
import { backupLogical } from '../backup-logical.ts'
import type { LogicalBackupOptions } from '../logical-backup.ts'
import { dumpPath, type LogicalManifest } from '../logical-manifest.ts'
import { parseLogicalManifest } from '../parse-logical-manifest.ts'
import type { LogicalFiles } from '../restore/logical-files.ts'

export interface KeptBackup extends LogicalFiles {
  readonly files: ReadonlyMap<string, Buffer>
}

export const everything: LogicalBackupOptions['selection'] = {
  databases: [],
  schemas: [],
  tables: [],
  excludeTables: [],
}

export const localClient: LogicalBackupOptions['client'] = {
  place: { type: 'local' },
  binaries: {},
  outerVariables: {},
}

export async function readBackup(
  target: PostgresTarget,
  options: Partial<LogicalBackupOptions> = {},
  ctx: Context = quietContext(),
): Promise<KeptBackup> {
  const limits = { parallel: 2, silenceLimitMs: 600_000, lockWaitMs: 60_000 }
  const fixed = {
    source: 'shop',
    selection: everything,
    client: localClient,
    checksums: false,
    ...limits,
    toolVersion: '0.0.0',
  }
  await using backup = await backupLogical(target, { ...fixed, ...options }, ctx)
  const files = new Map<string, Buffer>()
  for await (const entry of backup.entries) {
    if (entry.kind !== 'file') throw new Error(`unexpected ${entry.kind}`)
    const parts: Uint8Array[] = []
    if (entry.content.type === 'bytes') parts.push(entry.content.bytes)
    else if (entry.content.type === 'stream') for await (const bytes of entry.content.chunks) parts.push(bytes)
    else throw new Error(`unexpected content of type ${entry.content.type}`)
    files.set(entry.path, Buffer.concat(parts))
  }
  return keptBackup(files)
}

function keptBackup(files: ReadonlyMap<string, Buffer>): KeptBackup {
  const file = (name: string): Buffer => files.get(`postgresql/shop/${name}`) ?? Buffer.alloc(0)
  const manifest: LogicalManifest = parseLogicalManifest(file('manifest.json'))
  return {
    files,
    manifest,
    globals: async () => file('globals.sql'),
    dump: (database) => piecesOf(file(dumpPath(database))),
  }
}

async function* piecesOf(bytes: Buffer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536)
}
