import { stat } from 'node:fs/promises'
import type { Context } from '@holdfast/core/context'
import type { Entry, FileEntry, InspectorReference } from '@holdfast/core/entry'
import type { BackupManifest } from '../backup-manifest.ts'
import type { BackupRun } from '../backup-run.ts'
import { entryPath } from '../entry-path.ts'
import { finishManifest } from '../finish-manifest.ts'
import { manifestEntry } from '../manifest-entry.ts'
import { pageInspector } from '../page/page-inspector.ts'
import { startBackupMode, stopBackupMode } from './backup-mode.ts'
import { readControlFile } from './read-data.ts'
import { type DataDirectory, requireDataDirectory } from './require-data-directory.ts'
import { walEntries } from './wal-entries.ts'
import { findTablespaces, walkDataDirectory } from './walk-data-directory.ts'

export interface DirectBackup {
  readonly inspector?: InspectorReference
  entries(keep: (manifest: BackupManifest) => void, ctx: Context): AsyncGenerator<Entry, void, undefined>
}

/** Checks that the directory is the server's, and puts the server into backup mode. */
export async function startDirectBackup(run: BackupRun, ctx: Context): Promise<DirectBackup> {
  const data = await requireDataDirectory(run, ctx)
  const startLsn = await startBackupMode(run.session, run.options, ctx)
  run.tally.expect(run.facts.databases.reduce((sum, { sizeBytes }) => sum + (sizeBytes ?? 0), 0))
  const inspector = run.checksPages ? pageInspector(run.options.source, startLsn, run.facts.server) : undefined
  return {
    ...(inspector === undefined ? {} : { inspector }),
    entries: (keep, context) => directEntries(run, data, startLsn, keep, context),
  }
}

/**
 * The order is the point: data files while the server is in backup mode, all of them read before pg_control is, pg_control
 * before backup mode ends, then the WAL written up to there.
 */
async function* directEntries(
  run: BackupRun,
  data: DataDirectory,
  startLsn: bigint,
  keep: (manifest: BackupManifest) => void,
  ctx: Context,
): AsyncGenerator<Entry, void, undefined> {
  const { uid, gid } = await stat(data.path)
  const own = (path: string, bytes: Uint8Array): FileEntry => ownFile(run, { path, bytes, uid, gid }, ctx)
  const places = await findTablespaces(data.path)
  yield* walkDataDirectory(run, data, places)
  yield { kind: 'settle' }
  yield own('global/pg_control', (await readControlFile(data.path)).bytes)
  const { stopLsn, timeline, label, tablespaceMap } = await stopBackupMode(run.session, ctx)
  yield own('backup_label', Buffer.from(label))
  if (tablespaceMap !== '') yield own('tablespace_map', Buffer.from(tablespaceMap))
  const tablespaces = places.map(({ oid, path }) => ({ oid, path, sizeBytes: sizeOf(run, oid) }))
  const range = { timeline, startLsn, stopLsn, tablespaces }
  yield* walEntries(run, data.path, range)
  const manifest = await finishManifest(run, range, ctx)
  keep(manifest)
  yield manifestEntry(manifest, ctx.now())
}

/** 0 for one the role may not ask about */
function sizeOf({ facts }: BackupRun, tablespaceOid: number): number {
  return facts.tablespaces.find(({ oid }) => oid === tablespaceOid)?.sizeBytes ?? 0
}

/** A file whose content does not come from where it lies. It belongs to whom the cluster belongs to. */
function ownFile(
  run: BackupRun,
  { path, bytes, uid, gid }: { path: string; bytes: Uint8Array; uid: number; gid: number },
  ctx: Context,
): FileEntry {
  run.tally.addFile()
  run.tally.addBytes(bytes.length)
  const place = entryPath(run.options.source, path)
  return { kind: 'file', path: place, mode: 0o600, uid, gid, modifiedAt: ctx.now(), content: { type: 'bytes', bytes } }
}
