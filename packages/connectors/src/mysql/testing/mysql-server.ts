/**
 * Real MySQL servers for tests, where HOLDFAST_TEST_MYSQL names a directory with a Linux system that holds them (such as
 * `debootstrap` makes it, with mysql-server-core and mysql-client-core: their packages exclude MariaDB's). Its programs run
 * with its own libraries, as anybody, and without chroot.
 */
import { execFile } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { onTestFinished } from 'vitest'
import type { MysqlClientPlace } from '../client/mysql-tool.ts'
import { account, environment, makeServerDirectory, runTestServer, type TestServer } from './test-server.ts'

const pluginPath = 'usr/lib/mysql/plugin'

/** undefined: this machine has no MySQL, and its tests are skipped */
export const mysqlRoot = rootOfMysql()

export interface MysqlChoice {
  readonly arguments?: readonly string[]
  readonly serverId?: number
  /** the server gets a keyring, and may encrypt its log */
  readonly encrypts?: boolean
}

/** With a binary log and GTIDs, and `root` without a password from everywhere. */
export async function startMysql(choice: MysqlChoice = {}): Promise<TestServer> {
  const root = requiredRoot()
  const place = await makeServerDirectory('mysql')
  const { directory, temporary, socket, port } = place
  const dataDirectory = join(directory, 'data')
  const plugins = join(root, pluginPath)
  const own = [
    '--no-defaults',
    `--datadir=${dataDirectory}`,
    `--tmpdir=${temporary}`,
    `--basedir=${root}/usr`,
    `--lc-messages-dir=${root}/usr/share/mysql`,
    `--character-sets-dir=${root}/usr/share/mysql/charsets`,
    `--plugin-dir=${choice.encrypts === true ? makeKeyring(plugins, directory) : plugins}`,
  ]
  const accounts = join(directory, 'accounts.sql')
  writeFileSync(accounts, "CREATE USER root@'%';\nGRANT ALL ON *.* TO root@'%' WITH GRANT OPTION;\n", { mode: 0o644 })
  const server = command(root, 'usr/sbin/mysqld')
  // beside the program lies what it loads before anything else
  if (choice.encrypts === true) server.splice(-1, 1, linkWithKeyring(join(root, 'usr/sbin/mysqld'), directory))
  const [program, ...words] = [...server, ...own, '--initialize-insecure', `--init-file=${accounts}`]
  await promisify(execFile)(program, words, { ...account, env: environment, cwd: directory })
  const { serverId = 1 } = choice
  const starting = [
    ...server,
    ...own,
    `--socket=${socket}`,
    `--port=${port}`,
    '--bind-address=127.0.0.1',
    '--mysqlx=OFF',
    '--secure-file-priv=',
    '--skip-name-resolve',
    '--innodb-buffer-pool-size=64M',
    '--innodb-flush-log-at-trx-commit=2',
    '--performance-schema=OFF',
    `--server-id=${serverId}`,
    '--log-bin=binlog',
    '--gtid-mode=ON',
    '--enforce-gtid-consistency=ON',
    ...(choice.arguments ?? []),
  ]
  return await runTestServer(starting, place, dataDirectory)
}

/** The client programs, and the server for sandboxes, as small scripts; gone when the test has ended. */
export function mysqlPrograms(): MysqlClientPlace {
  const root = requiredRoot()
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-mysql-bin-'))
  chmodSync(directory, 0o755)
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  const share = `--basedir=${root}/usr --lc-messages-dir=${root}/usr/share/mysql --plugin-dir=${root}/${pluginPath}`
  const programs: readonly (readonly [string, string])[] = [
    ['usr/bin/mysql', `"$@" --character-sets-dir=${root}/usr/share/mysql/charsets`],
    ['usr/bin/mysqldump', '"$@"'],
    ['usr/bin/mysqlbinlog', '"$@"'],
    ['usr/sbin/mysqld', `"$@" ${share}`],
  ]
  for (const [path, words] of programs) {
    const script = `#!/bin/sh\nexec ${command(root, path).join(' ')} ${words}\n`
    writeFileSync(join(directory, path.split('/').at(-1) ?? ''), script, { mode: 0o755 })
  }
  return { place: { type: 'local' }, binaries: { directories: [directory], path: '' }, outerVariables: {} }
}

/** A directory for plugins in which the keyring's settings lie. */
function makeKeyring(plugins: string, directory: string): string {
  const own = join(directory, 'plugin')
  mkdirSync(own)
  for (const name of readdirSync(plugins)) symlinkSync(join(plugins, name), join(own, name))
  const keys = join(directory, 'tmp', 'keys')
  writeFileSync(join(own, 'component_keyring_file.cnf'), JSON.stringify({ path: keys, read_only: false }))
  return own
}

function linkWithKeyring(program: string, directory: string): string {
  const own = join(directory, 'mysqld')
  symlinkSync(program, own)
  writeFileSync(`${own}.my`, JSON.stringify({ components: 'file://component_keyring_file' }))
  return own
}

function command(root: string, program: string): string[] {
  const [loader = ''] = globSync(`${root}/usr/lib64/ld-linux-*.so.*`)
  const libraries = globSync(`${root}/usr/lib/*-linux-gnu`)
  return [loader, '--library-path', [...libraries, `${root}/usr/lib/mysql/private`].join(':'), `${root}/${program}`]
}

function requiredRoot(): string {
  if (mysqlRoot === undefined) throw new Error('HOLDFAST_TEST_MYSQL names no system with MySQL')
  return mysqlRoot
}

function rootOfMysql(): string | undefined {
  // oxlint-disable-next-line node/no-process-env
  const root = process.env['HOLDFAST_TEST_MYSQL'] ?? ''
  return root !== '' && existsSync(join(root, 'usr/sbin/mysqld')) ? root : undefined
}
