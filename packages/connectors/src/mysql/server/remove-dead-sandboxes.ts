import { readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findAbandonedSandboxes, worksIn } from '../../process/abandoned-sandboxes.ts'

/** Sandboxes are named holdfast-mysqld-<process id>-<random>; client option files otherwise. */
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
  for (const root of await findAbandonedSandboxes(parent, mysqlSandboxPrefix)) {
    const server = Number((await readFile(processFile(root), 'utf8').catch(() => '')).trim())
    if (server > 1 && (await worksIn(server, join(root, 'data')))) process.kill(server, 'SIGKILL')
    await rm(root, { recursive: true, force: true })
  }
}
