/** What the test servers of both families have in common. */
import { type ChildProcess, spawn } from 'node:child_process'
import { chmodSync, chownSync, closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { quietContext } from '@holdfast/core/context'
import { isAppError } from '@holdfast/core/errors/app-error'
import { freePort } from '@holdfast/core/testing/free-ports'
import { placeForServers } from '../../testing/place-for-servers.ts'
import { unprivilegedAccount } from '../../postgresql/testing/unprivileged-account.ts'
import { connectMysql } from '../connection/connect.ts'
import type { TextRows } from '../connection/connection.ts'
import type { MysqlTarget } from '../connection/target.ts'

export interface TestServer extends AsyncDisposable {
  readonly port: number
  readonly socket: string
  readonly dataDirectory: string
  target(user?: string, password?: string): MysqlTarget
  /** without a password: "mysql://root@localhost:3307" */
  url(user?: string): string
  /** Runs statements one after the other and returns the rows of the last. */
  sql(statements: string | readonly string[]): Promise<TextRows>
  stop(): Promise<void>
  /** As a power cut does it to one program. */
  kill(): Promise<void>
  start(): Promise<void>
}

/** Where a server works; all of it goes with it. */
export interface ServerDirectory {
  readonly directory: string
  readonly temporary: string
  readonly socket: string
  readonly port: number
}

export const account = unprivilegedAccount()
export const environment = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C', TZ: 'UTC' }

export async function makeServerDirectory(name: string): Promise<ServerDirectory> {
  const directory = mkdtempSync(join(placeForServers(), `holdfast-${name}-`))
  chmodSync(directory, 0o755)
  const temporary = join(directory, 'tmp')
  mkdirSync(temporary)
  if (account !== undefined) for (const path of [directory, temporary]) chownSync(path, account.uid, account.gid)
  return { directory, temporary, socket: join(directory, 's'), port: await freePort() }
}

/** Starts the server and waits until it answers; `command` is the program with its arguments. */
export async function runTestServer(
  command: readonly string[],
  { directory, socket, port }: ServerDirectory,
  dataDirectory: string,
): Promise<TestServer> {
  let child: ChildProcess | undefined
  const target = (user = 'root', password?: string): MysqlTarget => ({
    host: '127.0.0.1',
    port,
    user,
    ...(password === undefined ? {} : { password }),
    passwordInText: false,
    tls: { mode: 'disabled' },
    connectTimeoutMs: 60_000,
  })
  const logFile = join(directory, 'log')
  const start = async (): Promise<void> => {
    child = launch(command, directory, logFile)
    await untilReady(child, target(), logFile)
  }
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const over = new Promise<void>((done) => child?.once('exit', () => done()))
    child.kill(signal)
    await over
  }
  await start()
  return {
    port,
    socket,
    dataDirectory,
    target,
    url: (user = 'root') => `mysql://${user}@127.0.0.1:${port}?ssl-mode=disabled`,
    sql: (statements) => runSql(target(), statements),
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
    start,
    async [Symbol.asyncDispose]() {
      await end('SIGKILL')
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

function launch(command: readonly string[], directory: string, logFile: string): ChildProcess {
  const log = openSync(logFile, 'a')
  // The server goes when the test process goes, however that ends.
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', ...command], {
    stdio: ['ignore', log, log],
    cwd: directory,
    env: environment,
    ...account,
  })
  closeSync(log)
  return child
}

async function untilReady(child: ChildProcess, target: MysqlTarget, logFile: string): Promise<void> {
  const deadline = AbortSignal.timeout(180_000)
  for (;;) {
    if (child.exitCode !== null || child.signalCode !== null || deadline.aborted) {
      child.kill('SIGKILL')
      throw new Error(`the test server does not start: ${readFileSync(logFile, 'utf8').slice(-4000)}`)
    }
    try {
      await runSql(target, 'SELECT 1')
      return
    } catch (error) {
      if (!isAppError(error) || !error.retryable) throw error
    }
    await pause(20)
  }
}

async function runSql(target: MysqlTarget, statements: string | readonly string[]): Promise<TextRows> {
  const ctx = quietContext()
  await using session = await connectMysql(target, ctx)
  let rows: TextRows = []
  for (const statement of typeof statements === 'string' ? [statements] : statements) {
    rows = await session.query(statement, ctx)
  }
  return rows
}
