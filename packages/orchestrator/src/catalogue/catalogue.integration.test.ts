import { quietContext } from '@holdfast/core/context'
import { afterAll, beforeAll } from 'vitest'
import { type CataloguePlace, openCatalogue } from './open-catalogue.ts'
import { describeCatalogue } from './testing/catalogue-conformance.ts'
import { openTestPlaces, type TestPlaces } from './testing/test-places.ts'

let places: TestPlaces

beforeAll(async () => {
  places = await openTestPlaces({ withServer: true })
})
afterAll(() => places[Symbol.asyncDispose]())

/** Tables are made once and copied. */
async function prepare(place: CataloguePlace): Promise<void> {
  await using _catalogue = await openCatalogue(place, quietContext())
}

const sqlite = async () => places.sqlite()
describeCatalogue('a catalogue in SQLite', sqlite, sqlite)
describeCatalogue(
  'a catalogue in PostgreSQL',
  () => places.postgres(prepare),
  () => places.postgres(),
)
