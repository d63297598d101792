/** `backup`, `restore` and `verify` of a PostgreSQL server as their users run them. */
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
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
let recovered: string

beforeAll(async () => {
  fixture = stack.use(await createCliFixture())
  // a restored server runs as another user when the test is root
  chmodSync(fixture.directory, 0o755)
  recovered = join(fixture.directory, 'recovered')
  await fixture.init()
  server = stack.use(await startPostgres())
  await server.sql('CREATE TABLE orders AS SELECT generate_series(1, 1000) AS id')
  const backup = await fixture.run(['backup', server.url(), '--source', 'shop'])
  expect(backup, backup.stderr).toMatchObject({ exitCode: 0 })
})
afterAll(() => stack.disposeAsync())

/** Runs SQL on the restored server, then ends it. */
async function askAndStop(port: number, sql: string): Promise<string | null | undefined> {
  const pid = Number(readFileSync(join(recovered, 'postmaster.pid'), 'utf8').split('\n')[0])
  try {
    await using connection = await connectPostgres(
      socketTarget('/tmp', 'postgres', port),
      { database: 'postgres', searchPath: 'role' },
      ctx,
    )
    return (await connection.query(sql, ctx)).at(-1)?.rows[0]?.[0]
  } finally {
    process.kill(pid, 'SIGINT')
    while (existsSync(join(recovered, 'postmaster.pid'))) await pause(20)
  }
}

test('restores beside, starts, and overwrites an older copy only when it is confirmed, keeping what was there', async () => {
  const port = await freePort()
  const restore = ['restore', 'shop', '--to', recovered, '--start', '--port', String(port)]
  const words = [...restore, '--postgres-bin', server.binDirectory]
  const first = await fixture.run(words)
  expect(first, first.stderr).toMatchObject({ exitCode: 0 })
  const running = await fixture.run([...words, '--delta', '--confirm', 'shop'])
  expect(running.stderr).toContain('a running server')
  expect(await askAndStop(port, 'DROP TABLE orders; SELECT 1')).toBe('1')

  // as a server in a container writes it
  writeFileSync(join(recovered, 'postmaster.pid'), '1\n')
  const contained = await fixture.run([...words, '--delta', '--confirm', 'shop'])
  expect(contained.stderr).toMatch(/a running server \(process 1\).*\nhint: .*remove postmaster\.pid/)
  rmSync(join(recovered, 'postmaster.pid'))

  const full = await fixture.run(words)
  expect(full).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('is not empty') })
  const before = await fixture.fingerprint()
  const unconfirmed = await fixture.run([...words, '--delta', '--confirm', 'other'])
  expect(unconfirmed).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('--confirm shop') })
  expect(await fixture.fingerprint()).toBe(before)

  const again = await fixture.run([...words, '--delta', '--confirm', 'shop'])
  expect(again, again.stderr).toMatchObject({ exitCode: 0 })
  expect(again.stdout).toMatch(/now was kept as snapshot [0-9a-f]{8}/)
  expect(again.stdout).toMatch(/ \d{3,} files equal already/)
  expect(await askAndStop(port, 'SELECT count(*) FROM orders')).toBe('1000')
})

test('says before it restores anything that a server could not be started', async () => {
  const to = join(fixture.directory, 'hopeless')
  const words = ['restore', 'shop', '--to', to, '--start', '--postgres-bin', server.binDirectory]
  const taken = await fixture.run([...words, '--port', String(server.port)])
  expect(taken).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('somebody else listens on it') })
  expect(existsSync(to)).toBe(false)
})

test('says before it restores anything that the server would not get there', async ({ skip }) => {
  skip(process.getuid?.() !== 0, 'only what root restores belongs to somebody else')
  const home = join(fixture.directory, 'home')
  mkdirSync(home, { mode: 0o700 })
  const words = ['restore', 'shop', '--to', join(home, 'recovered'), '--start', '--postgres-bin', server.binDirectory]
  const refused = await fixture.run([...words, '--port', String(await freePort())])
  expect(refused).toMatchObject({ exitCode: 1, stderr: expect.stringContaining(`may not enter ${home}`) })
  expect(readdirSync(home)).toEqual([])
})

test('proves a source, keeps the evidence, and exits with 1 when an answer is wrong', async () => {
  const words = ['verify', 'shop', '--sandbox', fixture.directory, '--postgres-bin', server.binDirectory]
  const proven = await fixture.run([...words, '--assert', 'SELECT count(*) = 1000 FROM orders', '--json'])
  expect(proven, proven.stderr).toMatchObject({ exitCode: 0 })
  const last: unknown = JSON.parse(proven.stdout.trim().split('\n').at(-1) ?? '')
  expect(last).toMatchObject({
    message_type: 'summary',
    proof: { verdict: 'passed' },
    proof_snapshot_id: expect.any(String),
  })
  const wrong = await fixture.run([...words, '--assert', 'SELECT count(*) = 7 FROM orders'])
  expect(wrong.exitCode).toBe(1)
  expect(wrong.stdout).toContain('shop is NOT proven: assertion of postgres failed')
  const listed = await fixture.run(['snapshots', '--tag', 'proof=failed', '--json'])
  expect(JSON.parse(listed.stdout)).toHaveLength(1)
})

test.each([
  [['restore', 'nobody', '--to', 'x'], 'there is no backup of "nobody"'],
  [['restore', 'shop'], 'restore needs --to <directory>'],
  [['restore', 'shop', '--to', 'x', '--at', 'yesterday'], 'invalid value "yesterday" for --at'],
  [['restore', 'shop', '--to', 'x', '--at', '2001-01-01'], 'lies before the oldest recoverable point'],
  [['restore', 'shop', '--to', 'x', '--at', '2091-01-01'], 'lies after the newest recoverable point'],
  [['restore', 'shop', '--to', 'x', '--include', 'y'], 'restoring a source and --include cannot be used together'],
  [['restore', 'latest', '--target', 'x', '--at', 'latest'], 'restoring a snapshot and --at cannot be used together'],
  [['restore', 'shop', '--to', 'x', '--tablespace-mapping', '/a=/b'], 'the backup has no tablespaces'],
  [['backup', 'postgresql://backup@127.0.0.1:1/', '--exclude', 'x'], 'cannot be used together'],
  [['backup', 'postgresql://backup:secret@127.0.0.1:1/'], 'the connection text holds a password'],
  [['backup', 'postgresql://backup@127.0.0.1:1/', '--source', 'shop'], 'cannot reach'],
])('%j is refused with one message, and nothing changes', async (words, message) => {
  const before = await fixture.fingerprint()
  const refused = await fixture.run(words)
  expect(refused.exitCode).toBe(1)
  expect(refused.stderr).toContain(message)
  expect(refused.stderr).not.toContain('secret')
  expect(refused.stderr.split('\n').filter((line) => line.startsWith('holdfast:'))).toHaveLength(1)
  expect(await fixture.fingerprint()).toBe(before)
})
