import { appendFile, chmod, chown, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '@holdfast/core/errors/app-error'
import { recoveryLines, type RecoverySettings } from './recovery-settings.ts'

/** Directories that a base backup may lack because they were empty, and that the server does not make itself. */
const neededDirectories = [
  'pg_commit_ts',
  'pg_dynshmem',
  'pg_logical/mappings',
  'pg_logical/snapshots',
  'pg_notify',
  'pg_replslot',
  'pg_serial',
  'pg_snapshots',
  'pg_stat',
  'pg_stat_tmp',
  'pg_subtrans',
  'pg_tblspc',
  'pg_twophase',
  'pg_wal/archive_status',
]

/**
 * Makes a restored data directory ready for recovery: settings, the signal to recover, where tablespaces lie now.
 * `tablespaces`: where each lies, by the oid that the backup knows it by. Fails with RESTORE_INCOMPLETE when
 * backup_label is missing: a server started without it would take a torn copy for a whole one.
 */
export async function prepareRecovery(
  dataDirectory: string,
  settings: RecoverySettings,
  tablespaces: ReadonlyMap<number, string>,
): Promise<void> {
  const path = (name: string): string => join(dataDirectory, name)
  const { uid, gid } = await stat(path('PG_VERSION'))
  const label = await readFile(path('backup_label'), 'utf8').catch(() => undefined)
  if (label === undefined) {
    throw new AppError('RESTORE_INCOMPLETE', { target: dataDirectory, missing: 'backup_label' })
  }
  const own = async (name: string): Promise<void> => {
    if (process.getuid?.() === 0) await chown(path(name), uid, gid)
  }
  // a backup of a standby brings its signal along, which would keep this server a standby
  await rm(path('standby.signal'), { force: true })
  for (const name of neededDirectories) {
    const made = await mkdir(path(name), { recursive: true, mode: 0o700 })
    if (made !== undefined) await Promise.all([own(name), own(name.split('/')[0] ?? name)])
  }
  if (tablespaces.size > 0) {
    await writeFile(path('tablespace_map'), tablespaceMap(tablespaces), { mode: 0o600 })
    await own('tablespace_map')
  }
  const lines = ['', '# written by Holdfast for this recovery', ...recoveryLines(settings), '']
  await appendFile(path('postgresql.auto.conf'), lines.join('\n'), { mode: 0o600 })
  await own('postgresql.auto.conf')
  await writeFile(path('recovery.signal'), '', { mode: 0o600 })
  await own('recovery.signal')
  await chmod(dataDirectory, 0o700)
  if (process.getuid?.() === 0) await chown(dataDirectory, uid, gid)
}

/** The server makes the links from these lines. Source: PostgreSQL's do_pg_backup_start, which escapes line ends. */
function tablespaceMap(tablespaces: ReadonlyMap<number, string>): string {
  return [...tablespaces].map(([oid, path]) => `${oid} ${path.replaceAll(/[\\\n\r]/g, String.raw`\$&`)}\n`).join('')
}
