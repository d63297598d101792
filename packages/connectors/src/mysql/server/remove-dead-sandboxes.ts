import { readdir, readFile, readlink, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Sandboxes are named holdfast-mysql-<process id>-<random>; client option files otherwise. */
export const mysqlSandboxPrefix = 'holdfast-mysqld-'

export function processFile(root: string): string {
  return join(root, 'data', 'server.pid')
}

/**
 * Removes what a process that died left behind: its scratch servers are ended, their files deleted. One whose process lives
 * is left alone.
 */
export async function removeDeadMysqlSandboxes(parent: string = tmpdir()): Promise<void> {
  for (const place of new Set([parent, '/tmp'])) await removeDeadIn(place)
}

async function removeDeadIn(parent: string): Promise<void> {
  for (const name of await readdir(parent).catch(() => [])) {
    if (!name.startsWith(mysqlSandboxPrefix)) continue
    const pid = Number(/^(\d+)-/.exec(name.slice(mysqlSandboxPrefix.length))?.[1])
    if (!Number.isInteger(pid) || isAlive(pid)) continue
    const root = join(parent, name)
    const server = Number((await readFile(processFile(root), 'utf8').catch(() => '')).trim())
    // its working directory is its own data directory, so no later process of the same number is ended
    const works = await readlink(`/proc/${server}/cwd`).catch(() => '')
    if (server > 1 && works === join(root, 'data')) process.kill(server, 'SIGKILL')
    await rm(root, { recursive: true, force: true })
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
