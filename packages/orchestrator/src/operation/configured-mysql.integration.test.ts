import { setTimeout as pause } from 'node:timers/promises'
import { type MariadbServer, startMariadb } from '@holdfast/connectors/mysql/testing/mariadb-server'
import { quietContext } from '@holdfast/core/context'
import { listSnapshots } from '@holdfast/repository/snapshot/list-snapshots'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openCatalogue } from '../catalogue/open-catalogue.ts'
import { type FollowState, readFollowState } from '../log/follow-state.ts'
import { createLogSupervisor, type LogSupervisor } from '../log/log-supervisor.ts'
import { readMysqlCoverage } from '../mysql/read-mysql-coverage.ts'
import { createCronClock } from '../planning/cron-clock.ts'
import { readStatusFacts } from '../status/status-facts.ts'
import { statusOf } from '../status/status-report.ts'
import type { OperationReport } from './operation-report.ts'
import { rebuildCatalogue } from './rebuild-catalogue.ts'
import { createOperationFixture, type OperationFixture, type Written } from './testing/operation-fixture.ts'

const ctx = quietContext()
const stack = new AsyncDisposableStack()
let server: MariadbServer
let fixture: OperationFixture
let supervisor: LogSupervisor
let firstBackup: OperationReport
const gapsAt: Date[] = []

const written = (assertion: string): Written => ({
  sources: {
    shop: {
      type: 'mysql',
      connection: server.url('backup'),
      password: { env: 'PASSWORD' },
      tier: 'critical',
      copyMethod: 'fan-out',
      flushEvery: '200ms',
      assertions: [{ database: 'shop', sql: `SELECT ${assertion} FROM orders` }],
    },
  },
})

beforeAll(async () => {
  server = stack.use(await startMariadb())
  await server.sql([
    'CREATE DATABASE shop',
    'CREATE TABLE shop.orders (id int PRIMARY KEY AUTO_INCREMENT, item text)',
    'CREATE TABLE shop.ticks (id int PRIMARY KEY AUTO_INCREMENT)',
    "INSERT INTO shop.orders (item) VALUES ('one'), ('two')",
    "CREATE USER backup@'%' IDENTIFIED BY 'correct horse'",
    "GRANT SELECT, SHOW VIEW, TRIGGER, EVENT, LOCK TABLES, RELOAD, PROCESS, REPLICATION SLAVE, BINLOG MONITOR ON *.* TO backup@'%'",
  ])
  fixture = stack.use(await createOperationFixture(() => written('count(*) >= 2')))
  const given = {
    catalogue: fixture.catalogue,
    machine: fixture.machine,
    worker: 'test',
    requestBackup: async (_: unknown, gapAt: Date) => void gapsAt.push(gapAt),
  }
  supervisor = stack.use(createLogSupervisor(given, ctx))
  firstBackup = await fixture.perform('backup', { source: 'shop', id: 'the-run' })
  supervisor.update(fixture.configure(written('count(*) >= 2')))
})
afterAll(() => stack.disposeAsync())

const stateOf = async (): Promise<FollowState | undefined> =>
  readFollowState(await fixture.catalogue.marks.get('log/shop'))

async function untilState(isReached: (state: FollowState) => boolean): Promise<FollowState> {
  for (;;) {
    const state = await stateOf()
    if (state !== undefined && isReached(state)) return state
    await pause(50)
  }
}

/** Waits until everything committed by now is stored. The server goes on working: an idle one is looked at once a minute. */
async function untilStored(): Promise<void> {
  const nowMs = Date.now()
  for (;;) {
    const { recoverableUntil = '' } = (await stateOf()) ?? {}
    if (Date.parse(recoverableUntil) > nowMs) return
    await server.sql('INSERT INTO shop.ticks VALUES ()')
    await pause(300)
  }
}

test('a backup is of all databases, into all repositories, with its rows counted', async () => {
  expect(firstBackup.result.problems).toBeUndefined()
  for (const name of ['first', 'second']) {
    const listed = await listSnapshots(await fixture.open(name), { tags: [['run=the-run']] }, ctx)
    expect(listed.map(({ snapshot }) => snapshot.tags)).toEqual([
      ['holdfast', 'source=shop', 'type=mysql', 'method=logical', 'run=the-run'],
    ])
  }
  const samples = await fixture.catalogue.samples.newest()
  expect(samples.find(({ figure }) => figure === 'backup-rows')?.value).toBe(2)
})

test('what is committed afterwards is stored within seconds, which is the RPO', async () => {
  for (const item of ['three', 'four', 'five']) {
    await server.sql(`INSERT INTO shop.orders (item) VALUES ('${item}')`)
    await pause(500)
  }
  await untilStored()
  const config = fixture.configure(written('count(*) >= 2'))
  const facts = await readStatusFacts(fixture.catalogue, config, ctx.now())
  const [status] = statusOf(facts, createCronClock()).sources
  expect(status).toMatchObject({ by: 'log', rpo: { verdict: 'kept' } })
  expect(status?.rpo.actualMs).toBeLessThan(15_000)
})

test('the newest state is proven with the log, in either repository', async () => {
  fixture.configure(written('count(*) = 5'))
  const { state } = await fixture.perform('verify', { source: 'shop', repository: 'second' })
  expect(state).toBe('succeeded')
  const [proof] = await fixture.catalogue.proofs.list({ source: 'shop' })
  expect(proof).toMatchObject({ repository: 'second', verdict: 'passed', target: 'newest' })
})

test('so is an instant that nobody chose', async () => {
  fixture.configure(written('count(*) BETWEEN 2 AND 5'))
  await fixture.perform('verify', { source: 'shop', repository: 'first', arguments: { target: 'random' } })
  const [proof] = await fixture.catalogue.proofs.list({ source: 'shop' })
  expect(proof).toMatchObject({ repository: 'first', verdict: 'passed' })
  expect(proof?.target).toMatch(/^random: \d{4}-/)
})

test('the files of the same server are a source of their own, proven without a log', async () => {
  const { sources } = written('count(*) = 5')
  fixture.configure({ sources: { files: { ...Object(sources)['shop'], method: 'direct', log: 'off' } } })
  const { state } = await fixture.perform('backup', { source: 'files', id: 'direct-run' })
  expect(state).toBe('succeeded')
  const [listed] = await listSnapshots(await fixture.open('second'), { tags: [['run=direct-run']] }, ctx)
  expect(listed?.snapshot.tags).toContain('method=physical')
  await fixture.perform('verify', { source: 'files', repository: 'second' })
  const [proof] = await fixture.catalogue.proofs.list({ source: 'files' })
  expect(proof).toMatchObject({ repository: 'second', verdict: 'passed', target: 'newest' })
})

test('what is not as the configuration says fails the proof', async () => {
  fixture.configure(written('count(*) = 77'))
  await expect(fixture.perform('verify', { source: 'shop', repository: 'first' })).rejects.toMatchObject({
    code: 'PROOF_FAILED',
  })
})

test('a log that began anew is a gap, for which one backup is asked for', async () => {
  await server.sql(['RESET MASTER', "INSERT INTO shop.orders (item) VALUES ('after the gap')"])
  const { gap } = await untilState((state) => state.gap !== undefined)
  expect(gap?.message).toContain('began anew')
  await fixture.perform('backup', { source: 'shop' })
  await untilStored()
  expect(gapsAt).toHaveLength(1)
  const coverage = await readMysqlCoverage(await fixture.open('first'), 'shop', ctx)
  expect(coverage.coverage?.gaps).toHaveLength(1)
})

test('retention drops the log that no backup needs, and what is left can still be proven', async () => {
  const keep = { last: 1, hourly: 0, daily: 0, weekly: 0, monthly: 0 }
  const { sources } = written('count(*) = 6')
  fixture.configure({
    sources: { shop: { ...Object(sources)['shop'], keep, prove: { newest: 'none', random: 'none' } } },
  })
  // what is followed last is put into snapshots when the following ends; only there it can be dropped
  await supervisor[Symbol.asyncDispose]()
  const before = await readMysqlCoverage(await fixture.open('first'), 'shop', ctx)
  await fixture.perform('forget', { source: 'shop', repository: 'first' })
  const after = await readMysqlCoverage(await fixture.open('first'), 'shop', ctx)
  expect(after.backups).toBe(1)
  expect(after.slices).toBeLessThan(before.slices)
  expect(after.coverage?.gaps).toEqual([])
  const { state } = await fixture.perform('verify', { source: 'shop', repository: 'first' })
  expect(state).toBe('succeeded')
})

test('a catalogue is rebuilt with its backups and proofs', async () => {
  await using empty = await openCatalogue({ type: 'sqlite', path: `${fixture.directory}/new.db` }, ctx)
  const rebuilt = await fixture.surround((surroundings) => rebuildCatalogue({ ...surroundings, catalogue: empty }, ctx))
  expect(rebuilt.problems).toEqual([])
  expect((await empty.snapshots.list({ source: 'shop' })).length).toBe(3)
  expect((await empty.proofs.list({ source: 'shop' })).length).toBe(4)
})
