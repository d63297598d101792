import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { type MariadbServer, startMariadb } from '@holdfast/connectors/mysql/testing/mariadb-server'
import { quietContext } from '@holdfast/core/context'
import { restoreOrderSchema } from '@holdfast/core/restore/restore-order'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createOperationFixture, type OperationFixture } from '../operation/testing/operation-fixture.ts'
import { planRestore } from './plan-source-restore.ts'
import { digestOf, type RestorePlan } from './restore-plan.ts'
import { followUntil } from './testing/follow-until.ts'

const ctx = quietContext()
const stack = new AsyncDisposableStack()
let server: MariadbServer
let fixture: OperationFixture

beforeAll(async () => {
  server = stack.use(await startMariadb())
  await server.sql([
    'CREATE DATABASE shop',
    'CREATE TABLE shop.orders (id int PRIMARY KEY AUTO_INCREMENT, item text)',
    "INSERT INTO shop.orders (item) VALUES ('one'), ('two')",
    "CREATE USER backup@'%' IDENTIFIED BY 'correct horse'",
    "GRANT ALL ON *.* TO backup@'%'",
  ])
  const common = {
    ...{ type: 'mysql', connection: server.url('backup'), password: { env: 'PASSWORD' } },
    ...{ tier: 'critical', repositories: ['first'] },
  }
  fixture = stack.use(
    await createOperationFixture((directory) => ({
      server: { restoreTo: [join(directory, 'restores')], restoreDatabases: true },
      sources: {
        shop: { ...common, log: 'off' },
        files: { ...common, method: 'direct', log: 'continuous', flushEvery: '100ms' },
      },
    })),
  )
  mkdirSync(join(fixture.directory, 'restores'))
  await fixture.perform('backup', { source: 'shop' })
  await server.sql('DELETE FROM shop.orders')
})
afterAll(() => stack.disposeAsync())

async function plan(more: object): Promise<RestorePlan['view']> {
  const order = restoreOrderSchema.parse({ source: 'shop', ...more })
  return await fixture.surround(async ({ config, machine, repositories }) => {
    const source = config.sources.get(order.source)
    if (source === undefined) throw new Error('no such source')
    const repository = await repositories.open('first', ctx)
    return (await planRestore(order, { config, source, repository, repositoryName: 'first', machine }, ctx)).view
  })
}

async function carryOut(view: RestorePlan['view']) {
  const args = { order: JSON.stringify(view.order), digest: digestOf(view) }
  return await fixture.perform('restore', { source: view.order.source, repository: 'first', arguments: args })
}

test('a dump is loaded into a new database, never over one that is there', async () => {
  const to = { type: 'database', database: 'shop', into: 'shop_old' }
  const view = await plan({ to })
  expect(view).toMatchObject({ kind: 'mysql-database', role: 'operator', overwrites: 0 })
  const { state, result } = await carryOut(view)
  expect(state, JSON.stringify(result)).toBe('succeeded')
  expect(await server.sql('SELECT count(*) FROM shop_old.orders')).toEqual([['2']])
  await expect(carryOut(view)).rejects.toMatchObject({ code: 'MYSQL_DATABASE_EXISTS' })
  await expect(plan({ to: { ...to, into: 'x' }, snapshot: 'abcd1234' })).rejects.toMatchObject({
    code: 'RESTORE_UNSUITABLE',
  })
})

test('a dump can be had as files', async () => {
  await carryOut(await plan({ to: { type: 'directory', path: 'dump' } }))
  expect(existsSync(join(fixture.directory, 'restores', 'dump', 'mysql', 'shop', 'manifest.json'))).toBe(true)
})

test('a data directory comes as of an instant between backups, and only to a new place', async () => {
  await server.sql(['CREATE DATABASE moments', 'CREATE TABLE moments.seen (id int PRIMARY KEY)'])
  await fixture.perform('backup', { source: 'files' })
  await server.sql('INSERT INTO moments.seen VALUES (1), (2)')
  // times in the binary log are whole seconds
  await pause(1100)
  const at = new Date().toISOString()
  await pause(1100)
  await server.sql('DELETE FROM moments.seen')
  await followUntil(fixture, 'files', at)
  const to = { type: 'directory', path: 'files' }
  const view = await plan({ source: 'files', to, at })
  expect(view).toMatchObject({ kind: 'mysql-directory', role: 'operator', state: at, overwrites: 0 })
  expect(view.logBytes).toBeGreaterThan(0)
  expect((await carryOut(view)).state).toBe('succeeded')
  await using restored = await startMariadb({ dataDirectory: view.target, binlog: '' })
  expect(await restored.sql('SELECT count(*) FROM moments.seen')).toEqual([['2']])
  for (const other of [{ type: 'original' }, { ...to, existing: 'replace' }]) {
    await expect(plan({ source: 'files', to: other })).rejects.toMatchObject({ code: 'RESTORE_UNSUITABLE' })
  }
})
