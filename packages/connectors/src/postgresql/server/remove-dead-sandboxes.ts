import { readdir, readFile, readlink, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'

/** Sandboxes are named holdfast-sandbox-<process id>-<random>. */
export const sandboxPrefix = 'holdfast-sandbox-'
const endWithinMs = 10_000
const lookEveryMs = 50

/**
 * Removes what a process that died left behind: its scratch servers are ended, their files deleted. Returns the
 * directories removed. A sandbox whose process lives (by its id, which may be a later one's: then it stays) is left alone.
 */
export async function removeDeadSandboxes(parent: string = tmpdir()): Promise<string[]> {
  const names = await readdir(parent).catch(() => [])
  const removed: string[] = []
  for (const name of names) {
    const pid = /^holdfast-sandbox-(\d+)-/.exec(name)?.[1]
    if (pid === undefined || isAlive(Number(pid))) continue
    const root = join(parent, name)
    await endServer(join(root, 'data'))
    await rm(root, { recursive: true, force: true })
    removed.push(root)
  }
  return removed
}

/** A postmaster's working directory is its data directory, so that a later process of the same id is never mistaken for it. */
async function endServer(dataDirectory: string): Promise<void> {
  const [line = ''] = (await readFile(join(dataDirectory, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n')
  const pid = Number(line)
  if (!Number.isInteger(pid) || pid <= 1) return
  const runsHere = async (): Promise<boolean> => (await readlink(`/proc/${pid}/cwd`).catch(() => '')) === dataDirectory
  if (!(await runsHere())) return
  process.kill(pid, 'SIGQUIT')
  for (let waitedMs = 0; waitedMs < endWithinMs && (await runsHere()); waitedMs += lookEveryMs)
    await setTimeout(lookEveryMs)
  if (await runsHere()) process.kill(pid, 'SIGKILL')
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
