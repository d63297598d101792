import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import type { Context } from '@holdfast/core/context'
import { AppError, isAppError } from '@holdfast/core/errors/app-error'
import { connectMysql } from '../connection/connect.ts'
import type { MysqlTarget } from '../connection/target.ts'

export interface ScratchServerStart {
  readonly program: string
  readonly arguments: readonly string[]
  readonly dataDirectory: string
  readonly logFile: string
  readonly socket: string
  /** absent: as this process runs */
  readonly identity?: { readonly uid: number; readonly gid: number }
}

/** A server of our own on a private socket; killed when disposed of. */
export interface ScratchServer extends AsyncDisposable {
  readonly target: MysqlTarget
  /** Ends it in order, so that its files can be used. Fails with MYSQL_START_FAILED when it does not. */
  stop(): Promise<void>
}

/** Nothing of ours, least of all secrets, reaches a server. */
export const scratchEnvironment = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C', TZ: 'UTC' }
const patienceMs = 60_000

/** Starts a server and waits until it answers. Fails with MYSQL_START_FAILED, which carries what it said last. */
export async function startScratchServer(start: ScratchServerStart, ctx: Context): Promise<ScratchServer> {
  const { program, arguments: words, dataDirectory, logFile, socket, identity } = start
  const log = openSync(logFile, 'a', 0o600)
  const child = spawn(program, words, {
    // a group of its own: an interrupt typed at the terminal is for us to pass on
    detached: true,
    stdio: ['ignore', log, log],
    cwd: dataDirectory,
    env: scratchEnvironment,
    ...identity,
  })
  closeSync(log)
  await Promise.race([once(child, 'spawn'), once(child, 'error').then(([error]) => Promise.reject(error as Error))])
  const ended = once(child, 'exit')
  const isRunning = (): boolean => child.exitCode === null && child.signalCode === null
  const target: MysqlTarget = {
    host: 'localhost',
    port: 3306,
    socket,
    user: 'root',
    passwordInText: false,
    tls: { mode: 'disabled' },
    connectTimeoutMs: 5000,
  }
  const server: ScratchServer = {
    target,
    async stop() {
      if (isRunning()) child.kill('SIGTERM')
      if (isRunning()) await ended
      if (child.exitCode !== 0) throw await startFailure(start)
    },
    async [Symbol.asyncDispose]() {
      if (isRunning()) child.kill('SIGKILL')
      if (isRunning()) await ended
    },
  }
  try {
    await untilReady(isRunning, target, start, ctx)
    return server
  } catch (error) {
    await server[Symbol.asyncDispose]()
    throw error
  }
}

async function untilReady(
  isRunning: () => boolean,
  target: MysqlTarget,
  start: ScratchServerStart,
  ctx: Context,
): Promise<void> {
  const untilMs = ctx.now().getTime() + patienceMs
  for (;;) {
    try {
      const session = await connectMysql(target, ctx)
      await session[Symbol.asyncDispose]()
      return
    } catch (error) {
      if (!isAppError(error) || !error.retryable) throw error
    }
    if (!isRunning() || ctx.now().getTime() > untilMs) throw await startFailure(start)
    await delay(50, undefined, { signal: ctx.signal })
  }
}

async function startFailure({ dataDirectory, logFile }: ScratchServerStart): Promise<AppError> {
  const lines = (await readFile(logFile, 'utf8').catch(() => '')).trim().split('\n')
  const telling = lines.filter((line) => /ERROR|Fatal/i.test(line)).slice(-3)
  const reason = (telling.length > 0 ? telling : lines.slice(-3)).join(' ')
  return new AppError('MYSQL_START_FAILED', { directory: dataDirectory, reason })
}
