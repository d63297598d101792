import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { verifyAudit } from '../../access/audit-chain.ts'
import { openRunQueue } from '../../run/open-run-queue.ts'
import { draftRun } from '../../run/testing/run-draft-fixture.ts'
import { type CataloguePlace, openCatalogue, type OpenedCatalogue } from '../open-catalogue.ts'
import { openSqliteStore } from '../store/open-sqlite-store.ts'
import { createTestClock } from '../testing/test-clock.ts'
import { openTestPlaces, type TestPlaces } from '../testing/test-places.ts'
import { migrate, newestVersion } from './migrate.ts'

const golden = join(import.meta.dirname, '../golden')
const clock = createTestClock('2026-11-21T02:05:00Z')
const versions = readdirSync(golden).flatMap((name) => /^sqlite-v(\d+)\.sql$/.exec(name)?.[1] ?? [])
let places: TestPlaces

beforeAll(async () => {
  places = await openTestPlaces({ withServer: true })
})
afterAll(() => places[Symbol.asyncDispose]())

const text = (name: string): string => readFileSync(join(golden, name), 'utf8')

function sqliteOf(version: string): CataloguePlace & { readonly path: string } {
  const place = places.sqlite()
  using database = new DatabaseSync(place.path)
  database.exec(text(`sqlite-v${version}.sql`) + text(`rows-v${version}.sql`))
  return place
}

async function postgresOf(version: string): Promise<CataloguePlace> {
  const place = await places.postgres()
  const rows = `SET search_path = holdfast;\n${text(`rows-v${version}.sql`)}`
  await places.server?.sql(text(`postgresql-v${version}.sql`) + rows, new URL(place.connection).pathname.slice(1))
  return place
}

/** Everything that was in it is found, and everything that can be done with a new one can be done with it. */
async function expectWhole(place: CataloguePlace): Promise<void> {
  await using catalogue = await openCatalogue(place, clock.ctx)
  const at = (minutes: string): Date => new Date(`2026-11-21T02:${minutes}Z`)
  const { succeeded } = await catalogue.runs.newest()
  expect(succeeded).toMatchObject([{ source: 'shop', state: 'succeeded', result: { bytesRead: 10 }, attempt: 1 }])
  expect(await catalogue.runs.get(succeeded[0]?.id ?? '')).toMatchObject({ cause: { fire: at('00:00') } })
  const overview = { source: 'shop', repository: 'main', count: 1, oldest: at('00:00.002'), newest: at('00:00.002') }
  expect(await catalogue.snapshots.overview()).toEqual([{ ...overview, newestId: 'aa', newestBytes: 10 }])
  expect(await catalogue.proofs.newest()).toMatchObject([{ id: 'p1', endedAt: at('01:10'), recoveryMs: 1234 }])
  expect(await catalogue.proofs.slowest(new Date(0))).toMatchObject([{ id: 'p1' }])
  expect(await catalogue.findings.list({ isOpen: true })).toMatchObject([{ kind: 'overdue', firstSeenAt: at('00:00') }])
  expect(await catalogue.samples.newest()).toMatchObject([{ figure: 'rpo-ms', value: 1.5 }])
  expect(await catalogue.marks.get('fired/backup/shop')).toBe('2026-11-21T02:00:00.000Z')
  await expectAccess(catalogue)

  await using queue = await openRunQueue(catalogue, clock.ctx, { via: 'table' })
  expect(await queue.enqueue(draftRun({ uniqueKey: 'backup/shop/2026-11-21T02:00:00.000Z' }))).toBeUndefined()
  const lease = () => queue.lease('w', { leaseMs: 1000, limits: new Map() })
  expect(await lease()).toMatchObject({ source: 'blog', attempt: 1 })
  await queue.enqueue(draftRun({ exclusiveKeys: ['repository/main'] }))
  expect(await lease()).toBeUndefined()
  expect(await queue.expire()).toMatchObject([{ operation: 'check', state: 'lost' }])
  expect(await lease()).toMatchObject({ exclusiveKeys: ['repository/main'] })
}

/** Older versions had no users; what they remember goes on from nothing. */
async function expectAccess({ users, sessions, tokens, audit }: OpenedCatalogue): Promise<void> {
  if ((await users.list()).length > 0) {
    expect(await users.bySubject('https://id.example 17')).toMatchObject({ name: 'bob', role: 'viewer' })
    expect(await sessions.get('aa')).toMatchObject({ user: 'alice' })
    expect(await tokens.byHash('bb')).toMatchObject({ name: 'ci', owner: 'alice', sources: ['shop'] })
  }
  const { sequence } = await audit.head()
  await audit.append({ callerKind: 'command', caller: 'op', act: 'user.add', subject: 'user/carol', outcome: 'done' })
  const verdict = await verifyAudit(audit)
  expect(verdict).toMatchObject({ checked: sequence + 1 })
  expect(verdict.broken).toBeUndefined()
}

describe.each(versions)('a catalogue of version %s', (version) => {
  test('in SQLite is brought up to date with all that is in it', async () => expectWhole(sqliteOf(version)))
  test('in PostgreSQL is brought up to date with all that is in it', async () => expectWhole(await postgresOf(version)))
})

test('there is a golden catalogue of every version', () => {
  const all = Array.from({ length: newestVersion }, (_, index) => String(index + 1))
  expect(versions).toEqual(expect.arrayContaining(all))
})

test('what is made today is what the golden catalogue of this version holds', async () => {
  const place = places.sqlite()
  const store = await openSqliteStore(place.path, clock.ctx)
  await migrate(store)
  await store.close()
  const schemaOf = (path: string) => {
    using database = new DatabaseSync(path)
    return database.prepare('select name, sql from sqlite_schema where sql is not null order by name').all()
  }
  expect(schemaOf(place.path)).toEqual(schemaOf(sqliteOf(String(newestVersion)).path))
})

test('a step that fails leaves the catalogue as it was', async () => {
  const place = sqliteOf('1')
  {
    // the name that the next step needs is taken
    using database = new DatabaseSync(place.path)
    database.exec('create table newest_proofs (x)')
  }
  await expect(openCatalogue(place, clock.ctx)).rejects.toThrow('newest_proofs')
  {
    using database = new DatabaseSync(place.path)
    expect(database.prepare('select version from catalogue_version').get()).toEqual({ version: 1 })
    database.exec('drop table newest_proofs')
  }
  await expectWhole(place)
})

test('a catalogue of a newer version is refused and left alone', async () => {
  const place = sqliteOf(String(newestVersion))
  const postgres = await places.postgres()
  {
    using database = new DatabaseSync(place.path)
    database.exec('update catalogue_version set version = 99')
  }
  await (await openCatalogue(postgres, clock.ctx))[Symbol.asyncDispose]()
  const database = new URL(postgres.connection).pathname.slice(1)
  await places.server?.sql('UPDATE holdfast.catalogue_version SET version = 99', database)
  for (const each of [place, postgres]) {
    const refusal = { code: 'CATALOGUE_NEWER', details: { version: 99, known: newestVersion } }
    await expect(openCatalogue(each, clock.ctx)).rejects.toMatchObject(refusal)
  }
})
