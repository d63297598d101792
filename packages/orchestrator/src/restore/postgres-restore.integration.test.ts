import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { connectPostgres } from '@holdfast/connectors/postgresql/connection/connect'
import { socketTarget } from '@holdfast/connectors/postgresql/server/socket-target'
import { startRestoredServer } from '@holdfast/connectors/postgresql/server/start-restored'
import { type PostgresServer, startPostgres } from '@holdfast/connectors/postgresql/testing/postgres-server'
import { quietContext } from '@holdfast/core/context'
import { restoreOrderSchema } from '@holdfast/core/restore/restore-order'
import { listSnapshots } from '@holdfast/repository/snapshot/list-snapshots'
import { freePort } from '@holdfast/core/testing/free-ports'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createOperationFixture, type OperationFixture, type Written } from '../operation/testing/operation-fixture.ts'
import { readRecoverableTime } from './recoverable-time.ts'
import { planRestore } from './plan-source-restore.ts'
import { digestOf, type RestorePlan } from './restore-plan.ts'
import { followUntil } from './testing/follow-until.ts'

const ctx = quietContext()
const stack = new AsyncDisposableStack()
let server: PostgresServer
let fixture: OperationFixture
let restores: string
const snapshots: string[] = []

const configured = (directory: string, restoreDatabases: boolean): Written => {
  const common = { type: 'postgresql', connection: server.url(), tier: 'critical', repositories: ['first'], log: 'off' }
  return {
    server: { restoreTo: [join(directory, 'restores')], restoreDatabases },
    sources: {
      shop: { ...common, method: 'wire' },
      dump: { ...common, method: 'logical', databases: ['postgres'] },
      timed: {
        ...{ ...common, method: 'wire', log: 'continuous', flushEvery: '100ms' },
        dataDirectory: join(directory, 'restores', 'home'),
      },
    },
  }
}

beforeAll(async () => {
  server = stack.use(await startPostgres())
  fixture = stack.use(await createOperationFixture((directory) => configured(directory, true)))
  restores = join(fixture.directory, 'restores')
  mkdirSync(restores)
  await server.sql('CREATE TABLE orders AS SELECT generate_series(1, 1000) AS id')
  for (const source of ['shop', 'dump']) snapshots.push(await backUp(source))
  await server.sql('DELETE FROM orders WHERE id > 10')
  snapshots.push(await backUp('shop'))
})
afterAll(() => stack.disposeAsync())

async function backUp(source: string): Promise<string> {
  const { result } = await fixture.perform('backup', { source })
  return result.snapshots?.['first'] ?? ''
}

async function plan(source: string, more: object): Promise<RestorePlan['view']> {
  const order = restoreOrderSchema.parse({ source, ...more })
  return await fixture.surround(async ({ config, machine, repositories }) => {
    const settings = config.sources.get(source)
    if (settings === undefined) throw new Error('no such source')
    const repository = await repositories.open('first', ctx)
    return (await planRestore(order, { config, source: settings, repository, repositoryName: 'first', machine }, ctx))
      .view
  })
}

async function carryOut(view: RestorePlan['view']) {
  const args = { order: JSON.stringify(view.order), digest: digestOf(view) }
  const { order } = view
  return await fixture.perform('restore', { source: order.source, repository: 'first', arguments: args })
}

const into = (path: string, existing = 'refuse') => ({ to: { type: 'directory', path, existing } })

/** What a server on a restored directory answers. */
async function askRestored(directory: string, sql: string): Promise<string | null | undefined> {
  const port = await freePort()
  const binaries = { directories: [server.binDirectory], path: process.env['PATH'] ?? '' }
  const own = { dataDirectory: directory, otherDirectories: [] }
  const place = { ...own, major: server.major, port, socketDirectory: '/tmp', binaries }
  const { pid } = await startRestoredServer(place, ctx)
  try {
    const settings = { database: 'postgres', searchPath: 'role' } as const
    await using connection = await connectPostgres(socketTarget('/tmp', 'postgres', port), settings, ctx)
    return (await connection.query(sql, ctx)).at(-1)?.rows[0]?.[0]
  } finally {
    process.kill(pid, 'SIGINT')
    await expect.poll(() => existsSync(join(directory, 'postmaster.pid'))).toBe(false)
  }
}

test('the newest state is pinned by the plan, so that it stays the same; a server starts on it', async () => {
  const view = await plan('shop', into('newest'))
  expect(view).toMatchObject({ kind: 'postgresql-directory', snapshot: snapshots[2], role: 'operator', overwrites: 0 })
  expect(view.order.at).toBe(view.state)
  expect(digestOf(await plan('shop', view.order))).toBe(digestOf(view))
  const { state, result } = await carryOut(view)
  expect(state).toBe('succeeded')
  expect(result).toMatchObject({ restoredTo: join(restores, 'newest'), filesRestored: expect.any(Number) })
  expect(await askRestored(join(restores, 'newest'), 'SELECT count(*) FROM orders')).toBe('10')
})

test('what can be recovered is told as of every source: here each backup brings its own WAL, and there is none between', async () => {
  await fixture.surround(async ({ config, repositories }) => {
    const repository = await repositories.open('first', ctx)
    const read = async (source: string, timeline?: number) => {
      const settings = config.sources.get(source)
      if (settings === undefined) throw new Error('no such source')
      return await readRecoverableTime(repository, settings, timeline, ctx)
    }
    const { ranges, gaps, ...figures } = await read('shop')
    expect(figures).toMatchObject({ backups: 2, timeline: 1, timelines: [1] })
    expect(ranges.map(({ backups }) => backups)).toEqual([1, 1])
    expect(gaps).toEqual([{ from: ranges[0]?.until, until: ranges[1]?.from, reason: 'log-missing' }])
    await expect(read('shop', 7)).rejects.toMatchObject({ code: 'RECOVERY_TIMELINE_UNKNOWN' })
    expect(await read('dump')).toMatchObject({ ranges: [{ backups: 1 }], gaps: [], backups: 1, logBytes: 0 })
    await expect(read('dump', 1)).rejects.toMatchObject({ code: 'OPERATION_UNSUITABLE' })
  })
})

test('an instant between backups comes with WAL replayed, to a new place and over the stopped cluster', async () => {
  await server.sql('CREATE TABLE moments AS SELECT 1 AS id')
  const snapshot = await backUp('timed')
  await server.sql('INSERT INTO moments VALUES (2)')
  // the instant has no more than milliseconds
  await pause(5)
  const at = new Date().toISOString()
  await pause(5)
  await server.sql('DELETE FROM moments')
  await followUntil(fixture, 'timed', at)
  const home = join(restores, 'home')
  const view = await plan('timed', { ...into('home'), at })
  expect(view).toMatchObject({ snapshot, role: 'operator', logBytes: expect.any(Number), order: { at } })
  expect((await carryOut(view)).state).toBe('succeeded')
  expect(await askRestored(home, 'SELECT count(*) FROM moments')).toBe('2')
  writeFileSync(`${home}-wal/mine`, 'mine')
  await expect(plan('timed', { to: { type: 'original' }, at })).rejects.toMatchObject({ code: 'TARGET_NOT_EMPTY' })
  rmSync(`${home}-wal/mine`)
  const over = await plan('timed', { to: { type: 'original' }, at })
  expect(over).toMatchObject({ target: home, role: 'admin', confirmation: 'timed' })
  expect((await carryOut(over)).state).toBe('succeeded')
  expect(await askRestored(home, 'SELECT count(*) FROM moments')).toBe('2')
  const kept = await listSnapshots(await fixture.open('first'), { tags: [['safety=timed']] }, ctx)
  expect(kept.map((each) => each.snapshot.paths)).toEqual([[home]])
})

test('an older backup is named by its snapshot', async () => {
  const view = await plan('shop', { ...into('older'), snapshot: snapshots[0]?.slice(0, 10) })
  expect(view.snapshot).toBe(snapshots[0])
  await carryOut(view)
  expect(await askRestored(join(restores, 'older'), 'SELECT count(*) FROM orders')).toBe('1000')
})

test('a copy that is there is made equal only when that is confirmed; what was there is kept', async () => {
  const target = join(restores, 'damaged')
  await carryOut(await plan('shop', into('damaged')))
  writeFileSync(join(target, 'PG_VERSION'), 'broken')
  await expect(plan('shop', into('damaged'))).rejects.toMatchObject({ code: 'TARGET_NOT_EMPTY' })
  const view = await plan('shop', into('damaged', 'replace'))
  expect(view).toMatchObject({ role: 'admin', confirmation: target })
  await carryOut(view)
  expect(readFileSync(join(target, 'PG_VERSION'), 'utf8')).toBe(`${server.major}\n`)
  const kept = await listSnapshots(await fixture.open('first'), { tags: [['safety=shop']] }, ctx)
  expect(kept.at(-1)?.snapshot.paths).toEqual([target])
})

test('neither the WAL nor tablespaces, which lie beside it, leave what is allowed', async () => {
  mkdirSync(join(fixture.directory, 'outside'), { recursive: true })
  for (const beside of ['-wal', '-tablespaces']) {
    symlinkSync(join(fixture.directory, 'outside'), join(restores, `trap${beside}`))
    await expect(plan('shop', into('trap'))).rejects.toMatchObject({ code: 'RESTORE_TARGET_FORBIDDEN' })
    rmSync(join(restores, `trap${beside}`))
  }
})

test('moments that are not covered, files of a data directory, and a place that is not known are refused', async () => {
  await expect(plan('shop', { ...into('x'), at: '2001-01-01T00:00:00Z' })).rejects.toMatchObject({
    code: 'RECOVERY_BEFORE_OLDEST',
  })
  await expect(plan('shop', { ...into('x'), at: '2091-01-01T00:00:00Z' })).rejects.toMatchObject({
    code: 'RECOVERY_AFTER_NEWEST',
  })
  await expect(plan('shop', { ...into('x'), paths: ['/a'] })).rejects.toMatchObject({ code: 'RESTORE_UNSUITABLE' })
  await expect(plan('shop', { to: { type: 'original' } })).rejects.toMatchObject({ code: 'RESTORE_UNSUITABLE' })
  const to = { type: 'database', database: 'postgres', into: 'copy' }
  await expect(plan('shop', { to })).rejects.toMatchObject({ code: 'RESTORE_UNSUITABLE' })
})

test('a dump is loaded into a new database, never over one that is there', async () => {
  const to = { type: 'database', database: 'postgres', into: 'copy' }
  fixture.configure(configured(fixture.directory, false))
  await expect(plan('dump', { to })).rejects.toThrow('server.restoreDatabases')
  fixture.configure(configured(fixture.directory, true))
  const view = await plan('dump', { to })
  expect(view).toMatchObject({ kind: 'postgresql-database', snapshot: snapshots[1], role: 'operator' })
  const { state, result } = await carryOut(view)
  expect(state, JSON.stringify(result)).toBe('succeeded')
  expect(await server.sql('SELECT count(*) FROM orders', 'copy')).toEqual([['1000']])
  await expect(carryOut(view)).rejects.toMatchObject({ code: 'POSTGRES_DATABASE_EXISTS' })
  await expect(plan('dump', { to: { ...to, database: 'none', into: 'x' } })).rejects.toMatchObject({
    code: 'BACKUP_PART_UNKNOWN',
  })
})

test('a dump can be had as files too', async () => {
  const view = await plan('dump', into('dump'))
  expect(view).toMatchObject({ kind: 'files', warnings: [expect.stringContaining('dumps')] })
  await carryOut(view)
  expect(existsSync(join(restores, 'dump', 'postgresql', 'dump', 'manifest.json'))).toBe(true)
})
