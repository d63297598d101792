import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { ServerIdentity } from './server-process.ts'

/** The user of last resort on Linux, "nobody". */
const nobody: ServerIdentity = { uid: 65_534, gid: 65_534 }

/**
 * Whom a server for this data directory must run as: undefined for the user who runs this process; for root the owner of
 * the directory, or when that is root too the user "postgres" of this machine, or nobody.
 */
export function serverIdentityFor(dataDirectory: string): ServerIdentity | undefined {
  if (process.getuid?.() !== 0) return undefined
  const { uid, gid } = statSync(join(dataDirectory, 'PG_VERSION'))
  return uid === 0 ? (userNamed('postgres') ?? nobody) : { uid, gid }
}

function userNamed(name: string): ServerIdentity | undefined {
  for (const line of readFileSync('/etc/passwd', 'utf8').split('\n')) {
    const [user, , uid, gid] = line.split(':')
    if (user === name) return { uid: Number(uid), gid: Number(gid) }
  }
  return undefined
}
