import { access, chown, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { settingLine } from './recovery-settings.ts'

/** Nobody gets in whom the operating system or a password does not vouch for. */
const accessRules = 'local all all peer\nhost all all 127.0.0.1/32 scram-sha-256\nhost all all ::1/128 scram-sha-256\n'

/** Settings of a backup's manifest that the server on the restored directory must not have smaller. */
const needed = [
  'max_connections',
  'max_worker_processes',
  'max_wal_senders',
  'max_prepared_transactions',
  'max_locks_per_transaction',
]

/**
 * Some systems keep a cluster's configuration outside its data directory (Debian in /etc/postgresql), so that it is not
 * in the backup. Then the least is written that a server starts with. Returns the names of files that were written.
 */
export async function ensureConfiguration(
  dataDirectory: string,
  original: Readonly<Record<string, string>>,
): Promise<string[]> {
  const settings = needed.flatMap((name) => (original[name] === undefined ? [] : [settingLine(name, original[name])]))
  const files = {
    'postgresql.conf': `${['# the original lay outside the data directory', ...settings].join('\n')}\n`,
    'pg_hba.conf': accessRules,
    'pg_ident.conf': '',
  }
  const { uid, gid } = await stat(join(dataDirectory, 'PG_VERSION'))
  const written: string[] = []
  for (const [name, content] of Object.entries(files)) {
    const path = join(dataDirectory, name)
    if (await exists(path)) continue
    await writeFile(path, content, { mode: 0o600 })
    if (process.getuid?.() === 0) await chown(path, uid, gid)
    written.push(name)
  }
  return written
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path)
    return true
  } catch {
    return false
  }
}
