import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { Account } from './unprivileged-account.ts'

export type StopMode = 'smart' | 'fast' | 'immediate'

const stopSignals = { smart: 'SIGTERM', fast: 'SIGINT', immediate: 'SIGQUIT' } as const
/** Nothing of the tests' own environment (PGHOST …) reaches a server. */
const environment = { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' }

export interface ProcessRequest {
  /** the program postgres */
  readonly program: string
  readonly dataDirectory: string
  readonly arguments: readonly string[]
  readonly logFile: string
  readonly account: Account | undefined
}

/** A running server. */
export interface PostgresProcess {
  readonly pid: number
  isRunning(): boolean
  stop(mode: StopMode): Promise<void>
  /** As a power cut does it to one program: no process of it lives to write anything. */
  kill(): Promise<void>
}

/** Starts a server and waits until it accepts connections; fails with what it printed. */
export async function startPostgresProcess(request: ProcessRequest): Promise<PostgresProcess> {
  const log = openSync(request.logFile, 'a')
  const server = ['-D', request.dataDirectory, ...request.arguments]
  // The server goes when the test process goes, however that ends.
  const child = spawn('setpriv', ['--pdeathsig', 'QUIT', request.program, ...server], {
    stdio: ['ignore', log, log],
    cwd: request.dataDirectory,
    env: environment,
    ...request.account,
  })
  closeSync(log)
  await new Promise<void>((done, fail) => {
    child.once('spawn', done)
    child.once('error', fail)
  })
  await untilReady(child, request)
  return processOf(child)
}

async function untilReady(child: ChildProcess, { dataDirectory, logFile }: ProcessRequest): Promise<void> {
  const deadline = AbortSignal.timeout(180_000)
  for (;;) {
    if (isOver(child) || deadline.aborted) {
      child.kill('SIGQUIT')
      throw new Error(`the test server does not start: ${readFileSync(logFile, 'utf8').slice(-4000)}`)
    }
    const [pid, , , , , , , status] = readText(join(dataDirectory, 'postmaster.pid')).split('\n')
    if (Number(pid) === child.pid && status?.trim() === 'ready') return
    await pause(10)
  }
}

function processOf(child: ChildProcess): PostgresProcess {
  const pid = child.pid ?? 0
  const over = new Promise<void>((done) => child.once('exit', () => done()))
  return {
    pid,
    isRunning: () => !isOver(child),
    async stop(mode) {
      if (isOver(child)) return
      child.kill(stopSignals[mode])
      await over
    },
    async kill() {
      if (isOver(child)) return
      // Stopped first, so that it starts no further processes while they are counted.
      child.kill('SIGSTOP')
      const children = readText(`/proc/${pid}/task/${pid}/children`).trim().split(' ').filter(Boolean).map(Number)
      for (const one of [pid, ...children]) killProcess(one)
      await over
      // Shared memory is given back with the last of them.
      while (children.some(isAlive)) await pause(5)
    },
  }
}

function isOver(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null
}

function killProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}

function isAlive(pid: number): boolean {
  return !/^$|\) Z /.test(readText(`/proc/${pid}/stat`))
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

/** Runs a program to its end as the server's account, and returns what it printed. */
export async function runAs(
  account: Account | undefined,
  program: string,
  args: readonly string[],
  options: { readonly cwd?: string } = {},
): Promise<string> {
  const { stdout } = await promisify(execFile)(program, args, {
    ...options,
    ...account,
    env: environment,
    maxBuffer: 1 << 24,
  })
  return stdout
}
