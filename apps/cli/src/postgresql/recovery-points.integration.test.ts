/** Restores to positions, transactions and named points, with a tablespace that goes elsewhere, from the command line. */
import { chmodSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { connectPostgres } from '@holdfast/connectors/postgresql/connection/connect'
import { socketTarget } from '@holdfast/connectors/postgresql/server/socket-target'
import { type PostgresServer, startPostgres } from '@holdfast/connectors/postgresql/testing/postgres-server'
import { untilReceived } from '@holdfast/connectors/postgresql/testing/until-received'
import { quietContext } from '@holdfast/core/context'
import { freePort } from '@holdfast/core/testing/free-ports'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CliFixture, createCliFixture } from '../cli-fixture.ts'

const stack = new AsyncDisposableStack()
const ctx = quietContext()
let fixture: CliFixture
let server: PostgresServer
let lsn = ''
let xid = ''

beforeAll(async () => {
  fixture = stack.use(await createCliFixture())
  chmodSync(fixture.directory, 0o755)
  await fixture.init()
  server = stack.use(await startPostgres({ tablespaces: ['fast disk'], initdbArguments: ['--wal-segsize=1'] }))
  await server.sql('CREATE TABLE marks (id int) TABLESPACE "fast disk"')
  const made = await fixture.run(['backup', server.url(), '--source', 'shop'])
  expect(made, made.stderr).toMatchObject({ exitCode: 0 })
  await followDuring(async () => {
    await server.sql('INSERT INTO marks VALUES (1)')
    await server.sql(`SELECT pg_create_restore_point('before the upgrade')`)
    await server.sql('INSERT INTO marks VALUES (2)')
    lsn = await valueOf('SELECT pg_current_wal_insert_lsn()')
    xid = await valueOf('INSERT INTO marks VALUES (3) RETURNING pg_current_xact_id()')
    await server.sql('INSERT INTO marks VALUES (4)')
  })
})
afterAll(() => stack.disposeAsync())

async function valueOf(sql: string): Promise<string> {
  return (await server.sql(sql))[0]?.[0] ?? ''
}

async function followDuring(work: () => Promise<void>): Promise<void> {
  let pid = 0
  const words = ['follow', server.url(), '--source', 'shop', '--flush-every', '300ms']
  const following = fixture.run(words, { onStart: (started) => (pid = started) })
  while ((await valueOf('SELECT count(*) FROM pg_replication_slots WHERE active')) !== '1') await pause(20)
  await work()
  await untilReceived(server)
  process.kill(pid, 'SIGTERM')
  const followed = await following
  expect(followed, followed.stderr).toMatchObject({ exitCode: 0 })
}

/** Restores and starts; returns the rows and where the tablespace is, and ends the server. */
async function marksAt(name: string, point: readonly string[]): Promise<{ marks: string; place: string }> {
  const [to, tablespace] = [join(fixture.directory, name), join(fixture.directory, `${name}-disk`)]
  mkdirSync(tablespace)
  const port = await freePort()
  const mapping = `${server.tablespaces.get('fast disk')}=${tablespace}`
  const start = ['--start', '--port', String(port), '--postgres-bin', server.binDirectory]
  const words = ['restore', 'shop', '--to', to, '--at', ...point, '--tablespace-mapping', mapping, ...start]
  const restored = await fixture.run(words)
  expect(restored, restored.stderr).toMatchObject({ exitCode: 0 })
  const mark = join(to, 'postmaster.pid')
  const pid = Number(readFileSync(mark, 'utf8').split('\n')[0])
  try {
    const target = socketTarget('/tmp', 'postgres', port)
    await using connection = await connectPostgres(target, { searchPath: 'role' }, ctx)
    const sql = `SELECT (SELECT string_agg(id::text, ' ' ORDER BY id) FROM marks), pg_tablespace_location(oid)
      FROM pg_tablespace WHERE spcname = 'fast disk'`
    const [marks, place] = (await connection.query(sql, ctx))[0]?.rows[0] ?? []
    return { marks: marks ?? '', place: place ?? '' }
  } finally {
    process.kill(pid, 'SIGINT')
    while (existsSync(mark)) await pause(20)
  }
}

describe('restore --at', () => {
  test('a named restore point', async () => {
    const { marks, place } = await marksAt('named', ['name:before the upgrade'])
    expect(marks).toBe('1')
    expect(place).toBe(join(fixture.directory, 'named-disk'))
  })

  test('a position', async () => {
    expect(await marksAt('position', [`lsn:${lsn}`])).toMatchObject({ marks: '1 2' })
  })

  test('a transaction, with it and without it', async () => {
    expect(await marksAt('with', [`xid:${xid}`])).toMatchObject({ marks: '1 2 3' })
    expect(await marksAt('without', [`xid:${xid}`, '--before'])).toMatchObject({ marks: '1 2' })
  })

  test('a point that nobody made', async () => {
    const words = ['restore', 'shop', '--to', join(fixture.directory, 'none'), '--at', 'name:nobody made it']
    const refused = await fixture.run(words)
    expect(refused).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('nobody made it') })
    expect(existsSync(join(fixture.directory, 'none'))).toBe(false)
  })
})
