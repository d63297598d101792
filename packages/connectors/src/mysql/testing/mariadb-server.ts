/** Real MariaDB servers for tests, each in a directory of its own. */
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import {
  chownSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  chmodSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import { quietContext } from '@holdfast/core/context'
import { isAppError } from '@holdfast/core/errors/app-error'
import { unprivilegedAccount } from '../../postgresql/testing/unprivileged-account.ts'
import { connectMysql } from '../connection/connect.ts'
import type { TextRows } from '../connection/connection.ts'
import type { MysqlTarget } from '../connection/target.ts'

export interface MariadbServer extends AsyncDisposable {
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

export interface MariadbChoice {
  /** binary log with this base name; "" switches it off */
  readonly binlog?: string
  /** further lines of the command line: "--binlog-format=STATEMENT" */
  readonly arguments?: readonly string[]
  readonly serverId?: number
  /** one that is there already, instead of an empty one */
  readonly dataDirectory?: string
}

const account = unprivilegedAccount()
const environment = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C', TZ: 'UTC' }

export async function startMariadb(choice: MariadbChoice = {}): Promise<MariadbServer> {
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-mariadb-'))
  chmodSync(directory, 0o755)
  const temporary = join(directory, 'tmp')
  mkdirSync(temporary)
  if (account !== undefined) for (const path of [directory, temporary]) chownSync(path, account.uid, account.gid)
  const dataDirectory = choice.dataDirectory ?? join(directory, 'data')
  const own = [
    '--no-defaults',
    `--datadir=${dataDirectory}`,
    '--innodb-log-file-size=8M',
    '--skip-name-resolve',
    `--tmpdir=${temporary}`,
  ]
  if (choice.dataDirectory !== undefined) adopt(dataDirectory)
  else
    await promisify(execFile)(
      'mariadb-install-db',
      [...own, '--auth-root-authentication-method=normal', '--skip-test-db'],
      { ...account, env: environment, cwd: directory },
    )
  const port = await freePort()
  const socket = join(directory, 's')
  const { binlog = 'binlog', serverId = 1 } = choice
  const words = [
    ...own,
    `--socket=${socket}`,
    `--port=${port}`,
    '--bind-address=127.0.0.1',
    '--innodb-buffer-pool-size=32M',
    '--innodb-flush-log-at-trx-commit=0',
    '--innodb-fast-shutdown=2',
    '--performance-schema=OFF',
    `--server-id=${serverId}`,
    ...(binlog === '' ? ['--skip-log-bin'] : [`--log-bin=${binlog}`, '--binlog-format=ROW']),
    ...(choice.arguments ?? []),
  ]
  let child: ChildProcess | undefined
  const target = (user = 'root', password?: string): MysqlTarget => ({
    host: '127.0.0.1',
    port,
    user,
    ...(password === undefined ? {} : { password }),
    passwordInText: false,
    tls: { mode: 'disabled' },
    connectTimeoutMs: 10_000,
  })
  const logFile = join(directory, 'log')
  const start = async (): Promise<void> => {
    child = launch(words, directory, logFile)
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

function adopt(directory: string): void {
  if (account === undefined) return
  const paths = [directory, ...readdirSync(directory, { recursive: true }).map((name) => join(directory, String(name)))]
  for (const path of paths) chownSync(path, account.uid, account.gid)
}

function launch(words: readonly string[], directory: string, logFile: string): ChildProcess {
  const log = openSync(logFile, 'a')
  // The server goes when the test process goes, however that ends.
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', 'mariadbd', ...words], {
    stdio: ['ignore', log, log],
    cwd: directory,
    env: environment,
    ...account,
  })
  closeSync(log)
  return child
}

async function untilReady(child: ChildProcess, target: MysqlTarget, logFile: string): Promise<void> {
  const deadline = AbortSignal.timeout(60_000)
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

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}
