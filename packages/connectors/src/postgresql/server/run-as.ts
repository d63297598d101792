import { readFileSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { AppError } from '@holdfast/core/errors/app-error'
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
  return uid === 0 ? unprivilegedIdentity() : { uid, gid }
}

/** Whom root runs a server as that belongs to nobody yet: the user "postgres" of this machine, or nobody. */
export function unprivilegedIdentity(): ServerIdentity | undefined {
  return process.getuid?.() === 0 ? (userNamed('postgres') ?? nobody) : undefined
}

/**
 * Fails with TARGET_UNUSABLE, naming the directory on the way that the user may not pass. One that is not there yet will be
 * made for the user.
 */
export function requireReachable(directory: string, { uid, gid }: ServerIdentity): void {
  for (let path = dirname(resolve(directory)); path !== '/'; path = dirname(path)) {
    const found = statSync(path, { throwIfNoEntry: false })
    if (found === undefined) continue
    const needed = found.uid === uid ? 0o100 : found.gid === gid ? 0o010 : 0o001
    if ((found.mode & needed) !== 0) continue
    const reason = `the server must run as user ${uid} there, who may not enter ${path}`
    throw new AppError('TARGET_UNUSABLE', { target: directory, reason })
  }
}

function userNamed(name: string): ServerIdentity | undefined {
  for (const line of readFileSync('/etc/passwd', 'utf8').split('\n')) {
    const [user, , uid, gid] = line.split(':')
    if (user === name) return { uid: Number(uid), gid: Number(gid) }
  }
  return undefined
}
