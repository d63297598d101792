/** Real MariaDB servers for tests, each in a directory of its own. */
import { execFile, type ExecFileOptions } from 'node:child_process'
import { chownSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { fillDirectory } from '../../testing/kept-directory.ts'
import { account, environment, makeServerDirectory, runTestServer, type TestServer } from './test-server.ts'

export type MariadbServer = TestServer

export interface MariadbChoice {
  /** binary log with this base name; "" switches it off */
  readonly binlog?: string
  /** further lines of the command line: "--binlog-format=STATEMENT" */
  readonly arguments?: readonly string[]
  readonly serverId?: number
  /** one that is there already, instead of an empty one */
  readonly dataDirectory?: string
}

const fixed = ['--innodb-log-file-size=8M', '--skip-name-resolve']
const making = ['--auth-root-authentication-method=normal', '--skip-test-db']
/** asked for once in each test file */
let version: Promise<string> | undefined

async function run(program: string, words: readonly string[], options: ExecFileOptions = {}): Promise<string> {
  const { stdout } = await promisify(execFile)(program, words, { ...options, env: environment })
  return String(stdout)
}

export async function startMariadb(choice: MariadbChoice = {}): Promise<MariadbServer> {
  const place = await makeServerDirectory('mariadb')
  const { directory, temporary, socket, port } = place
  const dataDirectory = choice.dataDirectory ?? join(directory, 'data')
  const own = ['--no-defaults', `--datadir=${dataDirectory}`, `--tmpdir=${temporary}`, ...fixed]
  if (choice.dataDirectory !== undefined) adopt(dataDirectory)
  else {
    // The program takes half a second of processor time, and what it makes names no server.
    version ??= run('mariadbd', ['--no-defaults', '--version'])
    const facts = [await version, account?.uid, fixed, making]
    mkdirSync(dataDirectory, { mode: 0o700 })
    if (account !== undefined) chownSync(dataDirectory, account.uid, account.gid)
    await fillDirectory(dataDirectory, { kind: 'mariadb-directories', facts }, () =>
      run('mariadb-install-db', [...own, ...making], { ...account, cwd: directory }),
    )
  }
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
  return await runTestServer(['mariadbd', ...words], place, dataDirectory)
}

function adopt(directory: string): void {
  if (account === undefined) return
  const paths = [directory, ...readdirSync(directory, { recursive: true }).map((name) => join(directory, String(name)))]
  for (const path of paths) chownSync(path, account.uid, account.gid)
}
