import { afterAll, beforeAll } from 'vitest'
import { describeCatalogue } from './testing/catalogue-conformance.ts'
import { openTestPlaces, type TestPlaces } from './testing/test-places.ts'

let places: TestPlaces

beforeAll(async () => {
  places = await openTestPlaces({ withServer: true })
})
afterAll(() => places[Symbol.asyncDispose]())

describeCatalogue('a catalogue in SQLite', async () => places.sqlite())
describeCatalogue('a catalogue in PostgreSQL', () => places.postgres())
