import { readdirSync } from 'node:fs'
import { type PostgresServer, startPostgres } from '@holdfast/connectors/postgresql/testing/postgres-server'
import { quietContext } from '@holdfast/core/context'
import type { Check } from '@holdfast/core/proof/check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { backupLogicalPostgres } from './backup-logical-postgres.ts'
import { clientPlaceOf } from './client-place.ts'
import { proveSource, type SourceProofRequest } from './prove-source.ts'
import { backUp, openRecoveryPlace, type RecoveryPlace, saveSettings } from './recovery-fixture.ts'

let server: PostgresServer
let place: RecoveryPlace

beforeAll(async () => {
  server = await startPostgres({ tablespaces: ['fast disk'] })
  place = await openRecoveryPlace()
  await server.sql(`CREATE ROLE "shop's" LOGIN PASSWORD 'x'; GRANT CREATE ON TABLESPACE "fast disk" TO "shop's"`)
  await server.sql(`CREATE DATABASE shop OWNER "shop's" TABLESPACE "fast disk"`)
  await server.sql(
    `CREATE EXTENSION pg_trgm;
     CREATE TABLE customers (id serial PRIMARY KEY, email text) TABLESPACE pg_default;
     CREATE TABLE orders (id int PRIMARY KEY, customer int REFERENCES customers);
     INSERT INTO customers (email) SELECT 'c' || i FROM generate_series(1, 1000) i;
     INSERT INTO orders SELECT i, i FROM generate_series(1, 1000) i; SELECT lo_from_bytea(0, 'large')`,
    'shop',
  )
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await place[Symbol.asyncDispose]()
})

const client = clientPlaceOf([], () => undefined)

async function dump(tables: readonly string[] = []): Promise<void> {
  const databases = tables.length === 0 ? [] : ['shop']
  const selection = { databases, schemas: [], tables, excludeTables: [] }
  const limits = { parallel: 1, silenceLimitMs: 60_000, lockWaitMs: 60_000, checksums: true, toolVersion: '0' }
  const options = { source: 'shop', selection, client, ...limits }
  const settings = { ...saveSettings, tags: [] }
  await backupLogicalPostgres([place.repository], server.target(), options, settings, quietContext())
}

async function prove(request: Partial<SourceProofRequest> = {}) {
  return await proveSource(
    place.repository,
    {
      source: 'shop',
      at: { type: 'latest' },
      atText: 'latest',
      expectation: { assertions: [], relations: [], unique: [] },
      client: { ...client, binaries: { directories: [server.binDirectory] } },
      sandboxParent: place.directory,
      workers: 2,
      random: () => 0.5,
      ...request,
    },
    quietContext(),
  )
}

const failuresOf = (checks: readonly Check[]): string[] =>
  checks.filter(({ verdict }) => verdict === 'failed').map(({ name, evidence }) => `${name}: ${evidence}`)
const evidenceOf = (checks: readonly Check[], name: string): string | undefined =>
  checks.find((check) => check.name === name && check.subject === 'shop')?.evidence

describe('the proof of a logical backup', () => {
  it('loads it into a server of its own, compares all of it, and leaves nothing behind', async () => {
    await dump()
    const places = [...server.tablespaces.values()].map((path) => readdirSync(path))
    const assertions = [{ sql: 'SELECT count(*) = 1000 FROM orders' }]
    const proof = await prove({ expectation: { assertions, relations: [], unique: [] } })
    expect(failuresOf(proof.checks)).toEqual([])
    expect(proof).toMatchObject({ method: 'logical', verdict: 'passed', type: 'postgresql', walBytes: 0 })
    expect(evidenceOf(proof.checks, 'rows')).toBe('2000 rows in 2 tables, equal in number and content')
    expect(evidenceOf(proof.checks, 'sequences')).toBe('1 sequence goes on where it was')
    expect(evidenceOf(proof.checks, 'large-objects')).toBe('1 large object')
    expect(evidenceOf(proof.checks, 'foreign-keys')).toBe('1 foreign key holds for every row')
    expect(proof.checks.map(({ name }) => name)).toEqual(expect.arrayContaining(['btrees', 'extensions', 'assertion']))
    expect(readdirSync(place.directory)).toEqual(['repository'])
    expect([...server.tablespaces.values()].map((path) => readdirSync(path))).toEqual(places)
  })

  it('fails for an answer other than true', async () => {
    const assertions = [{ sql: 'SELECT count(*) = 999 FROM orders' }]
    const proof = await prove({ at: 'random', expectation: { assertions, relations: [], unique: [] } })
    expect(proof.verdict).toBe('failed')
    expect(proof.target).toMatch(/^random: /)
    expect(failuresOf(proof.checks)).toEqual([expect.stringContaining('assertion: f instead of true')])
  })

  it('fails for a dump that cannot be loaded, and says why', async () => {
    // its foreign key leads to a table that nobody dumped
    await dump(['public.orders'])
    const proof = await prove()
    expect(proof.verdict).toBe('failed')
    expect(failuresOf(proof.checks)).toEqual([expect.stringMatching(/^loaded: .*"public.customers" does not exist/)])
    expect(readdirSync(place.directory)).toEqual(['repository'])
  })

  it('is chosen by the kind of the newest backup, unless one is named or the point needs a log', async () => {
    await backUp(place, server)
    expect(await prove()).toMatchObject({ method: 'physical', verdict: 'passed' })
    const earlier = { at: { type: 'time', at: '2000-01-01T00:00:00.000000Z' }, method: 'logical' } as const
    await expect(prove(earlier)).rejects.toMatchObject({ code: 'RECOVERY_BEFORE_OLDEST' })
  })
})
