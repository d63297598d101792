/** What may go wrong between a process, the table of runs and pg-boss. */
import { quietContext } from '@holdfast/core/context'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CataloguePlace, openCatalogue, type OpenedCatalogue } from '../catalogue/open-catalogue.ts'
import type { CatalogueStore } from '../catalogue/store/catalogue-store.ts'
import { openTestPlaces, type TestPlaces } from '../catalogue/testing/test-places.ts'
import { openRunQueue } from './open-run-queue.ts'
import { draftRun } from './testing/run-draft-fixture.ts'

const ctx = quietContext()
const leasing = { leaseMs: 60_000, limits: new Map<string, number>() }
let places: TestPlaces

beforeAll(async () => {
  places = await openTestPlaces({ withServer: true })
})
afterAll(() => places[Symbol.asyncDispose]())

/** Each transaction is done twice, as after a commit whose acknowledgement got lost with the connection. */
function doneTwice(catalogue: OpenedCatalogue): OpenedCatalogue {
  const { store } = catalogue
  const twice: CatalogueStore = {
    ...store,
    async write(work) {
      await store.write(work)
      return store.write(work)
    },
  }
  return { ...catalogue, store: twice }
}

describe.each<[string, () => Promise<CataloguePlace>]>([
  ['on SQLite', async () => places.sqlite()],
  ['on PostgreSQL', () => places.postgres()],
])('a queue %s', (_name, place) => {
  test('does everything once, also when it is not told that it was done', async () => {
    await using catalogue = await openCatalogue(await place(), ctx)
    await using queue = await openRunQueue(doneTwice(catalogue), ctx)
    const run = await queue.enqueue(draftRun({ uniqueKey: 'a' }))
    expect(run).toMatchObject({ uniqueKey: 'a' })
    expect(await queue.enqueue(draftRun({ uniqueKey: 'a' }))).toBeUndefined()
    await queue.enqueue(draftRun({ source: 'blog', priority: -1 }))
    expect(await queue.lease('w', leasing)).toMatchObject({ id: run?.id, attempt: 1 })
    expect(await catalogue.runs.list({ states: ['running'] })).toHaveLength(1)
    expect(await queue.heartbeat(run?.id ?? '', 'w', 60_000)).toMatchObject({ isLost: false })
    expect(await queue.finish(run?.id ?? '', 'w', { state: 'succeeded' })).toBe(true)
    expect(await queue.finish(run?.id ?? '', 'another', { state: 'failed' })).toBe(false)
    expect(await catalogue.runs.get(run?.id ?? '')).toMatchObject({ state: 'succeeded', attempt: 1 })
  })
})

test('a run whose job pg-boss has lost is found again', async () => {
  const place = await places.postgres()
  await using catalogue = await openCatalogue(place, ctx)
  await using queue = await openRunQueue(catalogue, ctx)
  const run = await queue.enqueue(draftRun())
  await places.server?.sql('DELETE FROM holdfast_jobs.job', new URL(place.connection).pathname.slice(1))
  expect(await queue.lease('w', leasing)).toBeUndefined()
  await queue.expire()
  expect((await queue.lease('w', leasing))?.id).toBe(run?.id)
})

test('the tables of pg-boss can be dropped while nobody runs: they are made again, and every run is done', async () => {
  const place = await places.postgres()
  await using catalogue = await openCatalogue(place, ctx)
  {
    await using queue = await openRunQueue(catalogue, ctx)
    await queue.enqueue(draftRun())
  }
  await places.server?.sql('DROP SCHEMA holdfast_jobs CASCADE', new URL(place.connection).pathname.slice(1))
  await using queue = await openRunQueue(catalogue, ctx)
  await queue.expire()
  expect(await queue.lease('w', leasing)).toMatchObject({ source: 'shop' })
})

test('a job without a run does no harm', async () => {
  await using catalogue = await openCatalogue(await places.postgres(), ctx)
  await using queue = await openRunQueue(catalogue, ctx)
  const gone = await queue.enqueue(draftRun({ source: 'gone', priority: 1 }))
  await queue.cancel(gone?.id ?? '')
  expect(await queue.lease('w', leasing)).toBeUndefined()
  const run = await queue.enqueue(draftRun())
  expect((await queue.lease('w', leasing))?.id).toBe(run?.id)
})
