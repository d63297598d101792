import type { ChildProcess } from 'node:child_process'

/** After SIGTERM a program has so long to clear up. */
const patienceMs = 5000

/** Stops a program that leads a group of its own (spawned `detached`), and what it started. It is killed if it does not go. */
export function stopGroup(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): void {
  const { pid } = child
  if (pid === undefined || hasEnded(child)) return
  signalGroup(pid, signal)
  if (signal === 'SIGKILL') return
  setTimeout(() => {
    if (!hasEnded(child)) signalGroup(pid, 'SIGKILL')
  }, patienceMs).unref()
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal)
  } catch {
    // gone already
  }
}
