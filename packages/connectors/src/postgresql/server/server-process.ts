import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readSync, fstatSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import type { Context } from '@holdfast/core/context'

/** Whom a server runs as; PostgreSQL refuses to run as root. */
export interface ServerIdentity {
  readonly uid: number
  readonly gid: number
}

export interface ServerStart {
  /** the program `postgres` of the major version that wrote the data directory, or what starts it */
  readonly program: string
  /** of what starts it; absent: it is postgres itself, and needs nothing of the environment */
  readonly launcher?: {
    readonly arguments: readonly string[]
    readonly variables: Readonly<Record<string, string>>
  }
  readonly dataDirectory: string
  /** given on the command line, where they outrank every configuration file */
  readonly settings: Readonly<Record<string, string>>
  /** what the server writes to its standard error goes here */
  readonly logFile: string
  /** absent: as this process runs */
  readonly identity?: ServerIdentity
}

/** How a server is told to end: SIGINT ends sessions and shuts down cleanly, SIGQUIT at once as if it had crashed. */
const stopSignals = { fast: 'SIGINT', immediate: 'SIGQUIT' } as const
const logTailBytes = 16_384

/** A `postgres` that this process started. It goes on running when this process ends. */
export interface ServerProcess {
  readonly pid: number
  readonly dataDirectory: string
  /** undefined while it runs */
  exit(): { readonly code: number | null; readonly signal: string | null } | undefined
  /** Resolves when it has ended; after `timeoutMs` it is killed. */
  stop(mode: keyof typeof stopSignals, timeoutMs?: number): Promise<void>
  /** the newest lines of its log */
  logTail(): string
}

/** Starts a server without waiting until it is ready. Fails with the error of `spawn` when the program is not there. */
export async function startServerProcess(start: ServerStart, ctx: Context): Promise<ServerProcess> {
  ctx.signal.throwIfAborted()
  const log = openSync(start.logFile, 'a', 0o600)
  const settings = Object.entries(start.settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const words = [...(start.launcher?.arguments ?? []), '-D', start.dataDirectory, ...settings]
  const child = spawn(start.program, words, {
    // a group of its own: an interrupt typed at the terminal is for this process to pass on in its own way
    detached: true,
    stdio: ['ignore', log, log],
    cwd: start.dataDirectory,
    // the server needs nothing of the environment, and nothing secret in it shall reach it
    env: { ...(start.launcher?.variables ?? { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' }) },
    ...start.identity,
  })
  closeSync(log)
  await Promise.race([once(child, 'spawn'), once(child, 'error').then(([error]) => Promise.reject(error as Error))])
  const ended = once(child, 'exit')
  child.unref()
  const exit = (): ReturnType<ServerProcess['exit']> =>
    child.exitCode === null && child.signalCode === null
      ? undefined
      : { code: child.exitCode, signal: child.signalCode }
  return {
    pid: child.pid ?? -1,
    dataDirectory: start.dataDirectory,
    exit,
    async stop(mode, timeoutMs = 60_000) {
      if (exit() !== undefined) return
      child.kill(stopSignals[mode])
      child.ref()
      const late = new AbortController()
      await Promise.race([ended, setTimeout(timeoutMs, undefined, { signal: late.signal }).catch(() => {})])
      late.abort()
      if (exit() !== undefined) return
      child.kill('SIGKILL')
      await ended
    },
    logTail: () => readTail(start.logFile),
  }
}

function readTail(path: string): string {
  const file = openSync(path, 'r')
  try {
    const { size } = fstatSync(file)
    const tail = Buffer.alloc(Math.min(size, logTailBytes))
    readSync(file, tail, 0, tail.length, size - tail.length)
    return tail.toString('utf8')
  } finally {
    closeSync(file)
  }
}
