import { readdir, readlink } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * Directories named <prefix><process id>-<random> whose process is dead. One whose process lives (by its id, which may be a
 * later one's) is not among them.
 */
export async function findAbandonedSandboxes(parent: string, prefix: string): Promise<string[]> {
  const names = await readdir(parent).catch(() => [])
  return names.filter((name) => isAbandoned(name, prefix)).map((name) => join(parent, name))
}

function isAbandoned(name: string, prefix: string): boolean {
  if (!name.startsWith(prefix)) return false
  const pid = /^(\d+)-/.exec(name.slice(prefix.length))?.[1]
  return pid !== undefined && !isAlive(Number(pid))
}

/** Servers work in their data directory, so that a later process of the same id is never mistaken for one. */
export async function worksIn(pid: number, directory: string): Promise<boolean> {
  return (await readlink(`/proc/${pid}/cwd`).catch(() => '')) === directory
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
