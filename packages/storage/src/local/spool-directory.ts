import { randomBytes } from 'node:crypto'
import { readlinkSync } from 'node:fs'
import { mkdir, readdir, rm, stat } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { errnoOf } from './file-system-error.ts'

/**
 * Process ids mean something only within one pid namespace: two containers on one host name may both be process 1, and
 * a process that looks dead from here may be alive in there.
 */
function processSpace(): string {
  let namespace = ''
  try {
    namespace = readlinkSync('/proc/self/ns/pid').replace(/\D/g, '')
  } catch {
    // Not Linux: the host name alone has to do.
  }
  return `${hostname()}.${namespace}`
}

/** Spool directories of another process space are left alone for this long, since nobody can tell whether they are in use. */
const abandonedAfterMs = 7 * 24 * 3600 * 1000

/** `<root>/tmp/<host>.<pid namespace>-<pid>-<random>`: where one process prepares files before they are moved into place. */
export function chooseSpoolDirectory(root: string, pid = process.pid): string {
  return join(root, 'tmp', `${processSpace()}-${pid}-${randomBytes(8).toString('hex')}`)
}

/** Makes it, but never the repository's root: that would hide a disk that is not mounted. */
export async function makeSpoolDirectory(path: string, mode: number): Promise<void> {
  for (const directory of [join(path, '..'), path]) {
    await mkdir(directory, { mode }).catch((error: unknown) => {
      if (errnoOf(error) !== 'EEXIST') throw error
    })
  }
}

/** Removes what processes that died here left behind. Failing to is no reason to fail the write that asked for it. */
export async function removeAbandonedSpools(root: string, now: Date): Promise<void> {
  const names = await readdir(join(root, 'tmp')).catch(() => [])
  for (const name of names) {
    const path = join(root, 'tmp', name)
    if (await isAbandoned(name, path, now)) await rm(path, { recursive: true, force: true }).catch(() => {})
  }
}

async function isAbandoned(name: string, path: string, now: Date): Promise<boolean> {
  const [, space, pid] = /^(.+)-(\d+)-[0-9a-f]{16}$/.exec(name) ?? []
  if (space === undefined || pid === undefined) return false
  if (space === processSpace()) return !isAlive(Number(pid))
  const info = await stat(path).catch(() => undefined)
  return info !== undefined && now.getTime() - info.mtimeMs > abandonedAfterMs
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return errnoOf(error) !== 'ESRCH'
  }
}
