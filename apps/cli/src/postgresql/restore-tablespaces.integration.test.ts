/** `restore` of a cluster with tablespaces, to wherever its user wants them. */
import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { connectPostgres } from '@holdfast/connectors/postgresql/connection/connect'
import { socketTarget } from '@holdfast/connectors/postgresql/server/socket-target'
import { type PostgresServer, startPostgres } from '@holdfast/connectors/postgresql/testing/postgres-server'
import { quietContext } from '@holdfast/core/context'
import { freePort } from '@holdfast/core/testing/free-ports'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type CliFixture, createCliFixture } from '../cli-fixture.ts'

const stack = new AsyncDisposableStack()
const ctx = quietContext()
let fixture: CliFixture
let server: PostgresServer
let disk: string
let isMounted = false
let original: string

beforeAll(async () => {
  fixture = stack.use(await createCliFixture())
  chmodSync(fixture.directory, 0o755)
  await fixture.init()
  // the server is read-only for two seconds more after it has left recovery
  const settings = { recovery_end_command: 'sleep 2' }
  server = stack.use(await startPostgres({ tablespaces: ['space "ü'], settings }))
  original = server.tablespaces.get('space "ü') ?? ''
  await server.sql(`CREATE TABLE orders TABLESPACE "space ""ü" AS
    SELECT i AS id, repeat(md5(i::text), 3) AS text FROM generate_series(1, 20000) i`)
  const backup = await fixture.run(['backup', server.url(), '--source', 'shop'])
  expect(backup, backup.stderr).toMatchObject({ exitCode: 0 })
  disk = join(fixture.directory, 'disk')
  mkdirSync(disk)
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'holdfast-test', disk], { stdio: 'ignore' })
    isMounted = true
  } catch {
    // not root
  }
})
afterAll(async () => {
  if (isMounted) execFileSync('umount', [disk])
  await stack.disposeAsync()
})

const restoreTo = (name: string, tablespace: string, ...words: string[]) =>
  fixture.run([
    ...['restore', 'shop', '--to', join(fixture.directory, name), '--tablespace-mapping', `${original}=${tablespace}`],
    ...words,
  ])

test('a tablespace goes into directories that are made for it, whatever they are called, and the server gets there', async () => {
  const parent = join(fixture.directory, `new ü "one's`)
  const port = await freePort()
  const run = await restoreTo('moved to/here', join(parent, 'a=b 50%'), '--start', '--port', String(port))
  expect(run, run.stderr).toMatchObject({ exitCode: 0 })
  const data = join(fixture.directory, 'moved to/here')
  const pid = Number(readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n')[0])
  try {
    const settings = { database: 'postgres', searchPath: 'role' } as const
    await using connection = await connectPostgres(socketTarget('/tmp', 'postgres', port), settings, ctx)
    const sql = `SELECT count(*), pg_is_in_recovery(), (SELECT pg_tablespace_location(oid) FROM pg_tablespace WHERE spcname ~ 'space') FROM orders`
    expect((await connection.query(sql, ctx))[0]?.rows[0]).toEqual(['20000', 'f', join(parent, 'a=b 50%')])
  } finally {
    process.kill(pid, 'SIGINT')
    while (existsSync(join(data, 'postmaster.pid'))) await pause(20)
  }
})

test('a disk that is too small for a tablespace is noticed before anything is written', async ({ skip }) => {
  skip(!isMounted, 'only root mounts')
  const refused = await restoreTo('small', join(disk, 'fast'))
  expect(refused.exitCode).toBe(1)
  expect(refused.stderr).toMatch(/cannot restore to .*\/disk\/fast: .* have to go there and only .* are free/)
  expect(existsSync(join(fixture.directory, 'small'))).toBe(false)
})

test('a tablespace within the data directory is refused', async () => {
  const refused = await restoreTo('nested', join(fixture.directory, 'nested/fast'))
  expect(refused.exitCode).toBe(1)
  expect(refused.stderr).toContain('it would lie within')
  expect(existsSync(join(fixture.directory, 'nested'))).toBe(false)
})

test('what lies where a tablespace goes is neither removed without confirmation nor without a copy', async () => {
  const precious = join(fixture.directory, 'precious')
  mkdirSync(precious)
  writeFileSync(join(precious, 'letter'), 'dear reader')
  const refused = await restoreTo('delta', precious, '--delta')
  expect(refused).toMatchObject({ exitCode: 1, stderr: expect.stringContaining(`over ${precious} replaces`) })
  expect(readdirSync(precious)).toEqual(['letter'])
  const confirmed = await restoreTo('delta', precious, '--delta', '--confirm', 'shop')
  expect(confirmed, confirmed.stderr).toMatchObject({ exitCode: 0 })
  const [, id = ''] = /was kept as snapshot ([0-9a-f]{8})/.exec(confirmed.stdout) ?? []
  expect((await fixture.run(['dump', id, join(precious, 'letter')])).stdout).toBe('dear reader')
})
