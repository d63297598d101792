/** Base backups of test servers. Only for tests. */
import { type Context, quietContext } from '@holdfast/core/context'
import type { Event } from '@holdfast/core/events/event'
import type { PostgresServer } from '../testing/postgres-server.ts'
import { backupPhysical } from './backup-physical.ts'
import type { BackupManifest } from './backup-manifest.ts'
import type { PhysicalBackup, PhysicalBackupOptions } from './physical-backup.ts'

export function startBackup(
  server: PostgresServer,
  options: Partial<PhysicalBackupOptions> = {},
  ctx: Context = quietContext(),
): Promise<PhysicalBackup> {
  const all = { source: 'shop', checkpoint: 'fast', method: 'wire', verifyPages: true, label: 'test' } as const
  return backupPhysical(server.target(), { ...all, toolVersion: '0.0.0', ...options }, ctx)
}

/** Reads everything and keeps nothing. */
export async function readAway(backup: PhysicalBackup): Promise<BackupManifest> {
  for await (const entry of backup.entries) {
    if (entry.kind !== 'file' || entry.content.type !== 'stream') continue
    for await (const bytes of entry.content.chunks) void bytes
  }
  const manifest = backup.manifest()
  if (manifest === undefined) throw new Error('the backup ended without a manifest')
  return manifest
}

export function recordingContext(): { ctx: Context; events: Event[] } {
  const events: Event[] = []
  return { ctx: quietContext({ emit: (event) => events.push(event) }), events }
}
