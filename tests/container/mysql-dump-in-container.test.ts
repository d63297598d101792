/**
 * mariadb-dump inside of a container, by `docker exec` and as `kubectl exec` does it, for servers whose programs are nowhere
 * else. Needs a Docker engine: where there is none the run says so in red, since nothing else tries this.
 */
import { execFile } from 'node:child_process'
import { chownSync, mkdirSync, writeFileSync } from 'node:fs'
import { chmod, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import { connectMysql } from '@holdfast/connectors/mysql/connection/connect'
import type { TextRows } from '@holdfast/connectors/mysql/connection/connection'
import { quietContext } from '@holdfast/core/context'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CliFixture, createCliFixture } from '../../apps/cli/src/cli-fixture.ts'
import { openDockerEngine } from './docker-engine.ts'
import { importProgramImage } from './program-image.ts'

const ctx = quietContext()
const opened = await openDockerEngine()
if (typeof opened === 'string') {
  process.stderr.write(
    `\n\u001b[31mNOT TESTED: dumps of MySQL in containers. There is no Docker engine: ${opened}\u001b[0m\n`,
  )
}

describe.skipIf(typeof opened === 'string')('a server of MariaDB in a container', () => {
  const stack = new AsyncDisposableStack()
  let fixture: CliFixture
  let socket: string
  const name = `holdfast-mysql-test-${process.pid}`
  const user = { name: 'mysql', id: 1000 }

  beforeAll(async () => {
    if (typeof opened === 'string') return
    stack.use(opened)
    fixture = stack.use(await createCliFixture())
    await fixture.init()
    await chmod(fixture.directory, 0o755)
    const run = join(fixture.directory, 'run')
    socket = join(run, 's')
    mkdirSync(run)
    await chmod(run, 0o777)
    const data = await makeData(join(fixture.directory, 'data'))
    const image = await importProgramImage(opened, {
      name: 'holdfast/mariadb:10',
      programs: ['/usr/sbin/mariadbd', '/usr/bin/mariadb-dump', '/bin/sleep'],
      modules: [],
      data: ['/usr/share/mysql/english', '/usr/share/mysql/charsets'],
      user,
      path: '/usr/bin:/bin:/usr/sbin',
      prepare: async () => {},
    })
    const server = [
      'mariadbd',
      '--no-defaults',
      '--datadir=/data',
      '--socket=/run/own/s',
      '--log-bin=binlog',
      '--server-id=1',
    ]
    const places = ['--volume', `${data}:/data`, '--volume', `${run}:/run/own`, '--tmpfs', '/tmp:mode=1777']
    const who = ['--user', `${user.id}:${user.id}`, '--network', 'none']
    await opened.docker('run', '--detach', '--name', name, ...who, ...places, image, ...server)
    stack.defer(async () => void (await opened.docker('rm', '--force', name)))
    for (let i = 0; i < 600 && (await sql('SELECT 1').catch(() => undefined)) === undefined; i++) await pause(200)
    const secret = "IDENTIFIED BY 'it''s a \"secret\"'"
    await sql(`CREATE USER backup@'127.0.0.1' ${secret}`)
    await sql(`CREATE USER backup@localhost ${secret}`)
    for (const host of ["'127.0.0.1'", 'localhost']) await sql(`GRANT ALL ON *.* TO backup@${host}`)
    await sql('CREATE DATABASE shop')
    const rows = 'SELECT seq, REPEAT(MD5(seq), 3) AS m FROM shop.seq_1_to_200000'
    await sql(`CREATE TABLE shop.item (PRIMARY KEY (seq)) AS ${rows}`)
    await sql('ANALYZE TABLE shop.item')
  })
  afterAll(() => stack.disposeAsync())

  async function makeData(directory: string): Promise<string> {
    mkdirSync(directory)
    const words = [
      '--no-defaults',
      `--datadir=${directory}`,
      '--auth-root-authentication-method=normal',
      '--skip-test-db',
    ]
    await promisify(execFile)('mariadb-install-db', words)
    for (const entry of ['', ...(await readdir(directory, { recursive: true }))]) {
      chownSync(join(directory, entry), user.id, user.id)
    }
    return directory
  }

  const open = () => {
    const place = { host: 'localhost', port: 3306, socket, user: 'root', passwordInText: false, connectTimeoutMs: 5000 }
    return connectMysql({ ...place, tls: { mode: 'disabled' } }, ctx)
  }
  async function sql(text: string): Promise<TextRows> {
    await using session = await open()
    return await session.query(text, ctx)
  }

  const run = async (words: readonly string[], path?: string) => {
    const variables = typeof opened === 'string' ? {} : opened.variables
    const own = path === undefined ? {} : { PATH: `${path}:${variables['PATH']}` }
    return await fixture.run(words, { variables: { ...variables, MYSQL_PWD: `it's a "secret"`, ...own } })
  }
  const backup = (): string[] => [
    'backup',
    `mysql://backup@localhost?socket=${encodeURIComponent(socket)}`,
    '--source',
    'shop',
  ]

  test('is dumped by the program beside it, and a pod likewise, without a password that anybody could read', async () => {
    const made = await run([...backup(), '--in-container', name])
    expect(made, made.stderr).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('200000 rows') })
    // kubectl as far as it matters here: what stands behind -- is run in the container, with its standard input
    const folder = join(fixture.directory, 'kubectl-bin')
    mkdirSync(folder)
    const stand = `#!/bin/sh\necho "$@" > ${fixture.directory}/called\nwhile [ "$1" != -- ]; do shift; done; shift\nexec docker exec --interactive ${name} "$@"\n`
    writeFileSync(join(folder, 'kubectl'), stand, { mode: 0o755 })
    const pod = await run([...backup(), '--in-pod', 'prod/db-0'], folder)
    expect(pod, pod.stderr).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('200000 rows') })
    const called = await promisify(execFile)('cat', [join(fixture.directory, 'called')])
    expect(called.stdout).toContain('--namespace prod db-0')
    expect(called.stdout).not.toContain('secret')
    // a finding, and another exit code, if it were one program after all
    for (const place of [
      ['--in-pod', 'prod/db-0'],
      ['--in-container', name],
    ]) {
      const several = await run([...backup(), ...place, '--parallel-dumps', '2'], folder)
      expect(several, several.stderr).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('200000 rows') })
    }
    expect((await promisify(execFile)('cat', [join(fixture.directory, 'called')])).stdout).toContain('told')
    const proven = await run(['verify', 'shop', '--no-record'])
    expect(proven.exitCode, proven.stdout + proven.stderr).toBe(0)
  })

  test('leaves no snapshot when the container is stopped in the middle, and says so', async () => {
    if (typeof opened === 'string') return
    const before = await readdir(join(fixture.repository, 'snapshots'))
    await using holder = await open()
    await holder.query('LOCK TABLES shop.item WRITE', ctx)
    const broken = run([...backup(), '--in-container', name])
    const waiting = "SELECT COUNT(*) FROM information_schema.processlist WHERE state LIKE 'Waiting for%lock'"
    await expect.poll(async () => (await sql(waiting))[0]?.[0]).not.toBe('0')
    await opened.docker('kill', name)
    expect((await broken).exitCode).toBe(1)
    expect(await readdir(join(fixture.repository, 'snapshots'))).toEqual(before)
  })
})
