import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { quietContext } from '@holdfast/core/context'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { quoteIdentifier } from '../connection/quote.ts'
import { type PostgresServer, startPostgres } from '../testing/postgres-server.ts'
import type { LogicalRestoreReport, LogicalRestoreRequest } from './restore/logical-restore.ts'
import { planLogicalRestore } from './restore/plan-logical-restore.ts'
import { restoreLogical } from './restore/restore-logical.ts'
import { everything, type KeptBackup, localClient, readBackup } from './testing/read-backup.ts'

const ctx = quietContext()
const nastyNames = [
  '-dbname=x',
  "we ird='1'\\ \"é",
  'line\nbreak',
  'postgresql://elsewhere/x',
  'UPPER',
  '한국어',
  '%41',
]

const schema = `
  CREATE SCHEMA sales; CREATE SCHEMA "odd ""schema";
  CREATE EXTENSION hstore; CREATE EXTENSION pg_trgm;
  CREATE TYPE sales.state AS ENUM ('new', 'done');
  CREATE TABLE sales.customer (id serial PRIMARY KEY, name text NOT NULL, notes hstore);
  CREATE TABLE sales."order" (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, customer int REFERENCES sales.customer,
    state sales.state DEFAULT 'new', CHECK (id > 0));
  CREATE INDEX order_state ON sales."order" (state);
  COMMENT ON TABLE sales."order" IS 'what they bought';
  CREATE TABLE "odd ""schema"."-t'able" (x text); INSERT INTO "odd ""schema"."-t'able" VALUES (E'a\\nb\\\\.'), (NULL);
  CREATE TABLE empty (); CREATE UNLOGGED TABLE fleeting AS SELECT 1 AS x;
  CREATE TABLE part (at date, n int) PARTITION BY RANGE (at);
  CREATE TABLE part_1 PARTITION OF part FOR VALUES FROM ('2026-01-01') TO ('2026-07-01');
  CREATE TABLE part_2 PARTITION OF part FOR VALUES FROM ('2026-07-01') TO ('2027-01-01');
  CREATE INDEX ON part (n);
  INSERT INTO part SELECT '2026-01-01'::date + i % 365, i FROM generate_series(1, 999) i;
  INSERT INTO sales.customer (name, notes) SELECT 'c' || i, 'a=>1' FROM generate_series(1, 500) i;
  INSERT INTO sales."order" (customer) SELECT 1 + i % 500 FROM generate_series(1, 2000) i;
  CREATE VIEW sales.open AS SELECT * FROM sales."order" WHERE state = 'new';
  CREATE MATERIALIZED VIEW sales.total AS SELECT count(*) FROM sales."order";
  SELECT lo_from_bytea(0, decode(repeat('ab', i * 1000), 'hex')) FROM generate_series(0, 4) i;`

let source: PostgresServer
let goal: PostgresServer
let backup: KeptBackup
let directory: string

beforeAll(async () => {
  source = await startPostgres()
  goal = await startPostgres()
  directory = await mkdtemp(join(tmpdir(), 'holdfast-logical-'))
  await source.sql(`CREATE ROLE "o'wner" LOGIN PASSWORD 'semi;colon'`)
  await source.sql(`CREATE DATABASE shop OWNER "o'wner" ENCODING 'LATIN1' TEMPLATE template0`)
  await source.sql(`ALTER DATABASE shop SET search_path TO sales, "odd ""schema", public`)
  await source.sql(`ALTER ROLE "o'wner" IN DATABASE shop SET work_mem = '7MB'`)
  await source.sql(`GRANT CREATE ON DATABASE shop TO "o'wner"; COMMENT ON DATABASE shop IS 'the ''shop'''`)
  for (const name of nastyNames) {
    await source.sql(`CREATE DATABASE ${quoteIdentifier(name)}`)
    await source.sql('CREATE TABLE t AS SELECT 1 AS x', name)
  }
  await source.sql(`SET search_path = public; ${schema}`, 'shop')
  backup = await readBackup(source.target(), { checksums: true })
})

afterAll(async () => {
  await source[Symbol.asyncDispose]()
  await goal[Symbol.asyncDispose]()
  await rm(directory, { recursive: true, force: true })
})

function restore(request: Partial<LogicalRestoreRequest>, kept = backup): Promise<LogicalRestoreReport> {
  const full: LogicalRestoreRequest = {
    target: goal.target(),
    client: localClient,
    databases: [],
    parts: { schemas: [], tables: [] },
    globals: false,
    owners: true,
    jobs: 3,
    temporaryDirectory: directory,
    ...request,
  }
  return planLogicalRestore(kept, full, ctx).then((plan) => restoreLogical(kept, plan, ctx))
}

const contentQuery = `
  SELECT (SELECT md5(string_agg(t::text, ',' ORDER BY t::text)) FROM sales.customer t),
    (SELECT md5(string_agg(t::text, ',' ORDER BY t::text)) FROM sales."order" t),
    (SELECT md5(string_agg(t::text, ',' ORDER BY t::text)) FROM public.part t),
    (SELECT md5(string_agg(t::text, ',' ORDER BY t::text)) FROM "odd ""schema"."-t'able" t),
    (SELECT md5(string_agg(md5(lo_get(oid)), ',' ORDER BY oid)) FROM pg_largeobject_metadata),
    (SELECT count FROM sales.total), (SELECT count(*) FROM public.fleeting),
    (SELECT last_value FROM sales.customer_id_seq),
    (SELECT string_agg(indexdef, ',' ORDER BY indexdef) FROM pg_indexes WHERE schemaname NOT LIKE 'pg_%')`
const propertiesQuery = `
  SELECT pg_get_userbyid(datdba), pg_encoding_to_char(encoding), datcollate, datctype,
    (SELECT array_agg(a ORDER BY a::text) FROM unnest(datacl) a), datconnlimit,
    shobj_description(oid, 'pg_database'),
    (SELECT string_agg(setrole::regrole || setconfig::text, ';' ORDER BY setrole::regrole::text) FROM pg_db_role_setting
     WHERE setdatabase = d.oid)
  FROM pg_database d WHERE datname = 'shop'`

describe('a whole server', () => {
  it('comes back with roles, databases of any name, contents, sequences, large objects and settings', async () => {
    const report = await restore({ globals: true })
    expect(report.checks.filter(({ verdict }) => verdict !== 'passed')).toEqual([])
    expect(await goal.sql(contentQuery, 'shop')).toEqual(await source.sql(contentQuery, 'shop'))
    expect(await goal.sql(propertiesQuery)).toEqual(await source.sql(propertiesQuery))
    const roles = `SELECT rolname, rolpassword, rolcanlogin FROM pg_authid WHERE rolname = 'o''wner'`
    expect(await goal.sql(roles)).toEqual(await source.sql(roles))
    for (const name of nastyNames) expect(await goal.sql('SELECT x FROM public.t', name)).toEqual([['1']])
    expect(await readdir(directory)).toEqual([])
  })

  it('is not restored over databases that are there', async () => {
    await expect(restore({})).rejects.toMatchObject({ code: 'POSTGRES_DATABASE_EXISTS' })
  })
})

describe('a part of a backup', () => {
  const part = (schemas: string[], tables: string[]) => ({ databases: ['shop'], parts: { schemas, tables } })

  it('is one database under another name', async () => {
    const { checks } = await restore({ databases: ['shop'], into: 'shop copy' })
    expect(checks.map(({ verdict }) => verdict)).toEqual(['passed', 'passed', 'passed', 'passed'])
    expect(await goal.sql(contentQuery, 'shop copy')).toEqual(await source.sql(contentQuery, 'shop'))
  })

  it('is one table with its indexes, constraints, defaults and sequence in a new database', async () => {
    const { warnings } = await restore({ ...part([], ['sales.order']), into: 'one-table' })
    expect(warnings.join()).toContain('FK CONSTRAINT sales.order order_customer_fkey')
    const facts = `SELECT (SELECT count(*) FROM sales."order"), (SELECT count(*) FROM pg_indexes WHERE schemaname = 'sales'),
      (SELECT count(*) FROM pg_class WHERE relkind = 'r' AND oid > 16383),
      (SELECT obj_description('sales."order"'::regclass)), (SELECT last_value FROM sales.order_id_seq)`
    expect(await goal.sql(facts, 'one-table')).toEqual([['2000', '2', '1', 'what they bought', '2000']])
  })

  it('is one table beside others in a database that exists', async () => {
    await goal.sql('CREATE DATABASE beside')
    await goal.sql('CREATE TABLE public.mine AS SELECT 1', 'beside')
    await restore({ ...part([], ['part']), into: 'beside' })
    expect(await goal.sql('SELECT count(*) FROM public.part', 'beside')).toEqual([['999']])
    await expect(restore({ ...part([], ['part']), into: 'beside' })).rejects.toMatchObject({
      code: 'POSTGRES_OBJECT_EXISTS',
    })
  })

  it('is one schema with all that is in it', async () => {
    await restore({ ...part(['sales'], []), into: 'one-schema' })
    const facts = 'SELECT (SELECT count(*) FROM sales.open), (SELECT count FROM sales.total)'
    expect(await goal.sql(facts, 'one-schema')).toEqual([['2000', '2000']])
    expect(await goal.sql(`SELECT to_regclass('public.part')`, 'one-schema')).toEqual([[null]])
  })

  it('needs the roles of the original, unless it does without', async () => {
    await using bare = await startPostgres()
    const request = { target: bare.target(), databases: ['shop'] }
    await expect(restore(request)).rejects.toMatchObject({ code: 'POSTGRES_ROLE_MISSING' })
    const { checks } = await restore({ ...request, owners: false })
    expect(checks.filter(({ verdict }) => verdict !== 'passed')).toEqual([])
  })

  it('must be there', async () => {
    await expect(restore(part([], ['nothing']))).rejects.toMatchObject({ code: 'BACKUP_PART_UNKNOWN' })
    await expect(restore({ databases: ['nothing'] })).rejects.toMatchObject({ code: 'BACKUP_PART_UNKNOWN' })
  })
})

describe('a comparison after the restore', () => {
  it('fails where a table has other rows than were recorded', async () => {
    const { manifest } = backup
    const databases = manifest.fingerprint.databases.map((database) => ({
      ...database,
      tables: database.tables.map((table) => ({ ...table, rows: String(Number(table.rows) + 1) })),
    }))
    const wrong = { ...backup, manifest: { ...manifest, fingerprint: { databases } } }
    const { checks } = await restore({ databases: ['UPPER'], into: 'lie' }, wrong)
    expect(checks.find(({ name }) => name === 'rows')).toMatchObject({ verdict: 'failed' })
  })

  it('needs the whole dump: a cut one makes no database', async () => {
    const cut = {
      ...backup,
      async *dump(name: string) {
        for (const bytes of [backup.files.get(`postgresql/shop/databases/${name}.dump`) ?? Buffer.alloc(0)]) {
          yield bytes.subarray(0, -1)
        }
      },
    }
    const restoring = restore({ databases: ['UPPER'], into: 'cut' }, { ...cut, files: backup.files })
    await expect(restoring).rejects.toMatchObject({ code: 'POSTGRES_DUMP_UNREADABLE' })
    expect(await goal.sql(`SELECT count(*) FROM pg_database WHERE datname = 'cut'`)).toEqual([['0']])
  })
})

describe('a selection at backup time', () => {
  it('dumps and fingerprints nothing else', async () => {
    const selection = { ...everything, databases: ['shop'], schemas: ['sales'], excludeTables: ['sales.customer'] }
    const { manifest } = await readBackup(source.target(), { selection })
    expect(manifest.fingerprint.databases.map(({ name, tables }) => [name, tables])).toEqual([
      ['shop', [{ schema: 'sales', name: 'order', rows: '2000' }]],
    ])
  })
})
