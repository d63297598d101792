import { readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { findAbandonedSandboxes, worksIn } from '../../process/abandoned-sandboxes.ts'

/** Sandboxes are named holdfast-sandbox-<process id>-<random>. */
export const sandboxPrefix = 'holdfast-sandbox-'
const endWithinMs = 10_000
const lookEveryMs = 50

/**
 * Removes what a process that died left behind: its scratch servers are ended, their files deleted. Returns the
 * directories removed. A sandbox whose process lives (by its id, which may be a later one's: then it stays) is left alone.
 */
export async function removeDeadSandboxes(parent: string = tmpdir()): Promise<string[]> {
  const removed: string[] = []
  for (const root of await findAbandonedSandboxes(parent, sandboxPrefix)) {
    await endServer(join(root, 'data'))
    await rm(root, { recursive: true, force: true })
    removed.push(root)
  }
  return removed
}

async function endServer(dataDirectory: string): Promise<void> {
  const [line = ''] = (await readFile(join(dataDirectory, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n')
  const pid = Number(line)
  if (!Number.isInteger(pid) || pid <= 1) return
  const runsHere = (): Promise<boolean> => worksIn(pid, dataDirectory)
  if (!(await runsHere())) return
  process.kill(pid, 'SIGQUIT')
  for (let waitedMs = 0; waitedMs < endWithinMs && (await runsHere()); waitedMs += lookEveryMs)
    await setTimeout(lookEveryMs)
  if (await runsHere()) process.kill(pid, 'SIGKILL')
}
