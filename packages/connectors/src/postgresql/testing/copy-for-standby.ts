import { execFile } from 'node:child_process'
import { lstatSync, readdirSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { quietContext } from '@holdfast/core/context'
import { connectPostgres } from '../connection/connect.ts'
import type { PostgresServer } from './postgres-server.ts'

interface CopyPlace {
  readonly directory: string
  readonly dataDirectory: string
  readonly account: { readonly uid: number; readonly gid: number } | undefined
  readonly tablespaces: Map<string, string>
}

/**
 * Copies the data directory of a running server, in backup mode, so that a standby can start from it: by the low-level API,
 * which needs no program of the server's version.
 */
export async function copyForStandby(server: PostgresServer, copy: CopyPlace): Promise<void> {
  const ctx = quietContext()
  await using session = await connectPostgres(server.target(), {}, ctx)
  const isNew = session.versionNumber >= 150_000
  await session.query(
    isNew ? "SELECT pg_backup_start('standby', true)" : "SELECT pg_start_backup('standby', true, false)",
    ctx,
  )
  await copyTree(`${server.dataDirectory}/.`, copy.dataDirectory)
  await copyTablespaces(server, copy)
  const stop = isNew ? 'pg_backup_stop(false)' : 'pg_stop_backup(false, false)'
  const [result] = await session.query(`SELECT labelfile FROM ${stop}`, ctx)
  writeFileSync(join(copy.dataDirectory, 'backup_label'), result?.rows[0]?.[0] ?? '')
  writeFileSync(join(copy.dataDirectory, 'standby.signal'), '')
  for (const name of ['postmaster.pid', 'postmaster.opts']) rmSync(join(copy.dataDirectory, name), { force: true })
  for (const name of ['pg_wal', 'pg_replslot']) emptyFolder(join(copy.dataDirectory, name))
  if (copy.account !== undefined) {
    await promisify(execFile)('chown', ['-R', `${copy.account.uid}:${copy.account.gid}`, copy.directory])
  }
}

async function copyTablespaces(server: PostgresServer, copy: CopyPlace): Promise<void> {
  const rows = await server.sql(
    `SELECT oid, spcname, pg_tablespace_location(oid) FROM pg_tablespace WHERE spcname !~ '^pg_'`,
  )
  for (const [oid, name, location] of rows) {
    if (typeof oid !== 'string' || typeof name !== 'string' || typeof location !== 'string') continue
    const directory = join(copy.directory, `tablespace-${oid}`)
    await copyTree(location, directory)
    const link = join(copy.dataDirectory, 'pg_tblspc', oid)
    if (!lstatSync(link).isSymbolicLink()) continue
    unlinkSync(link)
    symlinkSync(directory, link)
    copy.tablespaces.set(name, directory)
  }
}

/** Files may vanish while they are copied: replay does without them. */
async function copyTree(from: string, to: string): Promise<void> {
  try {
    await promisify(execFile)('cp', ['-a', from, to], { env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' } })
  } catch (error) {
    const printed = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : ''
    if (printed === '' || printed.split('\n').some((line) => !line.includes('No such file or directory'))) throw error
  }
}

function emptyFolder(folder: string): void {
  for (const name of readdirSync(folder)) {
    // The folder archive_status must be there.
    if (!lstatSync(join(folder, name)).isDirectory() || folder.endsWith('pg_replslot')) {
      rmSync(join(folder, name), { recursive: true })
    }
  }
}
