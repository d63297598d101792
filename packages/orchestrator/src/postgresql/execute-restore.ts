import { chown, mkdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { ensureConfiguration } from '@holdfast/connectors/postgresql/restore/ensure-configuration'
import { prepareRecovery } from '@holdfast/connectors/postgresql/restore/prepare-recovery'
import type { Context } from '@holdfast/core/context'
import { refuseArchived } from '@holdfast/repository/archive/archived-packs'
import { placeWal } from './place-wal.ts'
import { removeLeftWal } from './left-wal.ts'
import { linkedTablespaces, missingDirectories } from './cluster-places.ts'
import type { PostgresRestorePlan } from './plan-restore.ts'
import { type ClusterFilesReport, restoreClusterFiles } from './restore-cluster-files.ts'

export interface PostgresRestoreReport extends ClusterFilesReport {
  readonly walSegments: number
  readonly filesMs: number
  readonly walMs: number
}

/**
 * Brings a base backup and its WAL to their places and writes the recovery settings, so that a server started there
 * recovers to the target. Fails with RESTORE_ARCHIVED before anything is written. Interrupted, it leaves a directory without recovery.signal that another `delta` restore completes.
 */
export async function executePostgresRestore(plan: PostgresRestorePlan, ctx: Context): Promise<PostgresRestoreReport> {
  const { material, backup, recovery, request, dataDirectory, walDirectory, tablespaces } = plan
  refuseArchived(plan.archived, material.opened.repository.backend.location)
  const startedAt = ctx.now().getTime()
  const linked = linkedTablespaces(backup.manifest, tablespaces)
  // root owns what it makes, and the server must pass through all of it
  const made = new Set([dataDirectory, walDirectory, ...linked.values()].flatMap(missingDirectories))
  const files = await restoreClusterFiles(material.opened, backup, { dataDirectory, tablespaces }, request.workers, ctx)
  const filesAt = ctx.now().getTime()
  const owner = await ownerOf(dataDirectory)
  if (request.delta) await removeLeftWal(walDirectory)
  await mkdir(walDirectory, { recursive: true, mode: 0o700 })
  await placeWal(material, recovery, walDirectory, { workers: request.workers, owner }, ctx)
  for (const path of [walDirectory, ...linked.values()]) made.add(path)
  if (owner !== undefined) for (const path of made) await chown(path, owner.uid, owner.gid)
  const { stop, inclusive, timeline } = recovery
  await prepareRecovery(dataDirectory, { stop, inclusive, timeline, action: request.action, walDirectory }, linked)
  const written = await ensureConfiguration(dataDirectory, backup.manifest.settings)
  if (written.length > 0) {
    const message = `${written.join(', ')} lay outside the data directory and are not in the backup: the least to start with was written`
    ctx.emit({ type: 'message.noted', level: 'warning', message })
  }
  const walMs = ctx.now().getTime() - filesAt
  return { ...files, walSegments: recovery.segments.length, filesMs: filesAt - startedAt, walMs }
}

/** Root gives away what it writes to whom the cluster belongs; others own it anyway. */
async function ownerOf(dataDirectory: string): Promise<{ uid: number; gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined
  const { uid, gid } = await stat(join(dataDirectory, 'PG_VERSION'))
  return { uid, gid }
}
