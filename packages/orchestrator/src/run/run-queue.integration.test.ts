import { quietContext } from '@holdfast/core/context'
import { afterAll, beforeAll } from 'vitest'
import { type CataloguePlace, openCatalogue } from '../catalogue/open-catalogue.ts'
import { openTestPlaces, type TestPlaces } from '../catalogue/testing/test-places.ts'
import { openRunQueue } from './open-run-queue.ts'
import { describeRunQueue } from './testing/run-queue-conformance.ts'

let places: TestPlaces

beforeAll(async () => {
  places = await openTestPlaces({ withServer: true })
})
afterAll(() => places[Symbol.asyncDispose]())

/** Tables are made once and copied: making pg-boss's takes a second. */
async function prepare(place: CataloguePlace): Promise<void> {
  await using catalogue = await openCatalogue(place, quietContext())
  await using _queue = await openRunQueue(catalogue, quietContext())
}

describeRunQueue('the embedded queue on SQLite', async () => places.sqlite(), 'table')
describeRunQueue('the embedded queue on PostgreSQL', () => places.postgres(prepare), 'table')
describeRunQueue('pg-boss on PostgreSQL', () => places.postgres(prepare), 'pg-boss')
