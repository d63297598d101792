import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import { disposingEntries } from '../../entry/disposing-entries.ts'
import { connectPostgres } from '../connection/connect.ts'
import type { PostgresConnection } from '../connection/connection.ts'
import type { PostgresTarget } from '../connection/target.ts'
import type { BackupManifest } from './backup-manifest.ts'
import type { BackupRun } from './backup-run.ts'
import { BackupTally } from './backup-tally.ts'
import { readClusterFacts } from './cluster-facts.ts'
import { readCollations, readExtensions } from './database-facts.ts'
import { startDirectBackup } from './direct/start-direct-backup.ts'
import { holdWal } from './hold-wal.ts'
import { serverClock } from './finish-manifest.ts'
import { noteInspected } from './note-inspected.ts'
import type { PhysicalBackup, PhysicalBackupOptions } from './physical-backup.ts'
import { wireEntries } from './wire/wire-entries.ts'

/**
 * Begins a base backup: connects, looks at the server, holds its WAL, and, for the direct method, puts it into backup mode,
 * which lasts until the checkpoint is done. Fails with the codes of `connectPostgres`, POSTGRES_WAL_LEVEL_MINIMAL,
 * POSTGRES_OTHER_CLUSTER, POSTGRES_PRIVILEGE_MISSING, POSTGRES_DATA_DIRECTORY_WRONG and POSTGRES_DATA_UNREADABLE.
 */
export async function backupPhysical(
  target: PostgresTarget,
  options: PhysicalBackupOptions,
  ctx: Context,
): Promise<PhysicalBackup> {
  const session = await connectPostgres(target, { database: target.database ?? 'postgres' }, ctx)
  try {
    return await begin(target, options, session, ctx)
  } catch (error) {
    await session[Symbol.asyncDispose]()
    throw error
  }
}

async function begin(
  target: PostgresTarget,
  options: PhysicalBackupOptions,
  session: PostgresConnection,
  ctx: Context,
): Promise<PhysicalBackup> {
  const run = await prepare(target, options, session, ctx)
  let manifest: BackupManifest | undefined
  const keep = (made: BackupManifest): void => {
    manifest = made
  }
  const direct = options.method === 'direct' ? await startDirectBackup(run, ctx) : undefined
  const read = direct === undefined ? wireEntries(run, keep, ctx) : direct.entries(keep, ctx)
  return {
    // with the session the server gives up slot and backup mode
    entries: disposingEntries(read, () => session[Symbol.asyncDispose]()),
    ...(direct?.inspector === undefined ? {} : { inspector: direct.inspector }),
    onInspected: (path, messages) => noteInspected(run, path, messages),
    manifest: () => manifest,
    [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
  }
}

async function prepare(
  target: PostgresTarget,
  options: PhysicalBackupOptions,
  session: PostgresConnection,
  ctx: Context,
): Promise<BackupRun> {
  const facts = await readClusterFacts(session, ctx)
  const { systemIdentifier: found } = facts.server
  const { systemIdentifier: expected = found } = options
  if (found !== expected) {
    throw new AppError('POSTGRES_OTHER_CLUSTER', { what: `the server at ${session.host}`, found, expected })
  }
  if (facts.settings.get('wal_level') === 'minimal') {
    throw new AppError('POSTGRES_WAL_LEVEL_MINIMAL', { host: session.host })
  }
  const checksPages = options.verifyPages && facts.server.dataChecksums
  const extensions = await readExtensions(target, session, ctx)
  const collations = await readCollations(session, ctx)
  await holdWal(session, ctx)
  const startedAt = await serverClock(session, ctx)
  return {
    target,
    options,
    session,
    facts,
    extensions,
    collations,
    startedAt,
    tally: new BackupTally(ctx),
    checksPages,
  }
}
