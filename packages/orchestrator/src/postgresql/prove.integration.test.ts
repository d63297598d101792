import { spawn } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { type PostgresServer, startPostgres } from '@holdfast/connectors/postgresql/testing/postgres-server'
import { untilReceived } from '@holdfast/connectors/postgresql/testing/until-received'
import { parseColumn, parseRelation } from '@holdfast/connectors/postgresql/proof/relation-check'
import { removeDeadSandboxes } from '@holdfast/connectors/postgresql/server/remove-dead-sandboxes'
import type { Check } from '@holdfast/core/proof/check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { backUp, follow, openRecoveryPlace, prove, type RecoveryPlace } from './recovery-fixture.ts'

const failedOf = (checks: readonly Check[]): string[] =>
  checks.filter(({ verdict }) => verdict === 'failed').map(({ name }) => name)
const failuresOf = (checks: readonly Check[]): string[] =>
  checks.filter(({ verdict }) => verdict === 'failed').map(({ name, evidence }) => `${name}: ${evidence}`)
const evidenceOf = (checks: readonly Check[], name: string, subject = 'shop'): string | undefined =>
  checks.find((check) => check.name === name && check.subject === subject)?.evidence

describe('the proof of a cluster', () => {
  let server: PostgresServer
  let place: RecoveryPlace
  beforeAll(async () => {
    server = await startPostgres({ tablespaces: ['fast disk'] })
    place = await openRecoveryPlace()
    await server.sql('CREATE DATABASE shop')
    await server.sql(
      `CREATE TABLE customers (id int PRIMARY KEY, email text);
       CREATE TABLE orders (id int PRIMARY KEY, customer int REFERENCES customers) TABLESPACE "fast disk";
       INSERT INTO customers SELECT i, 'c' || i FROM generate_series(1, 1000) i;
       INSERT INTO orders SELECT i, i FROM generate_series(1, 1000) i`,
      'shop',
    )
  })
  afterAll(async () => {
    await server[Symbol.asyncDispose]()
    await place[Symbol.asyncDispose]()
  })

  it.each(['wire', 'direct'] as const)('finds a %s backup whole, and leaves nothing behind', async (method) => {
    await backUp(place, server, method)
    const proof = await prove(
      place,
      server,
      { stop: { type: 'immediate' } },
      {
        assertions: [
          { sql: 'SELECT count(*) = 1000 FROM orders' },
          // what a killed server leaves behind goes with its directory
          { sql: "SELECT current_setting('dynamic_shared_memory_type') = 'mmap'" },
        ],
        relations: [parseRelation('orders.customer -> customers.id')],
        unique: [parseColumn('customers.email', '--unique')],
      },
    )
    expect(failuresOf(proof.checks)).toEqual([])
    expect(evidenceOf(proof.checks, 'rows')).toBe('2000 rows in 2 tables read')
    expect(evidenceOf(proof.checks, 'pages', '')).toMatch(/^\d{4,} pages match/)
    expect(proof.recoveryMs).toBe(proof.phases.fetchMs + proof.phases.startMs + proof.phases.replayMs)
    expect(readdirSync(place.directory)).toEqual(['repository'])
  })

  it('fails for rows that point nowhere, duplicates, and answers other than true', async () => {
    await server.sql(
      `ALTER TABLE customers DISABLE TRIGGER ALL; DELETE FROM customers WHERE id = 7; ALTER TABLE customers ENABLE TRIGGER ALL;
       UPDATE customers SET email = 'twice' WHERE id IN (1, 2)`,
      'shop',
    )
    await backUp(place, server)
    const proof = await prove(
      place,
      server,
      { stop: { type: 'latest' } },
      {
        assertions: [{ sql: 'SELECT count(*) = 1000 FROM customers' }, { sql: 'SELECT nothing' }],
        relations: [parseRelation('orders.customer -> customers.id')],
        unique: [parseColumn('customers.email', '--unique')],
      },
    )
    expect(proof.verdict).toBe('failed')
    expect(failedOf(proof.checks)).toEqual(['foreign-keys', 'assertion', 'assertion', 'orphans', 'duplicates'])
    expect(evidenceOf(proof.checks, 'foreign-keys')).toBe('1 row of public.orders breaks orders_customer_fkey')
  })

  it('fails when a B-tree is out of order', async () => {
    await server.sql('CREATE TABLE sorted (t text); CREATE INDEX sorted_t ON sorted (t)', 'shop')
    await server.sql(`INSERT INTO sorted SELECT 'k' || i FROM generate_series(1, 500) i`, 'shop')
    // what a changed collation does to an index: entries that are in the wrong order for the rule of today
    await server.sql(
      `UPDATE pg_index SET indclass = (SELECT oid::text::oidvector FROM pg_opclass
         WHERE opcname = 'text_pattern_ops' AND opcmethod = 403) WHERE indexrelid = 'sorted_t'::regclass;
       UPDATE pg_index SET indoption = '3' WHERE indexrelid = 'sorted_t'::regclass`,
      'shop',
    )
    await backUp(place, server)
    const proof = await prove(place, server, { stop: { type: 'latest' } })
    expect(failedOf(proof.checks)).toContain('btrees')
  })

  it('clears away what a killed proof left: its server, then its files', async () => {
    const script = `
      const [{ createSandbox }, { quietContext }, { cpSync, chownSync }] = await Promise.all([
        import('@holdfast/connectors/postgresql/server/sandbox'), import('@holdfast/core/context'), import('node:fs')])
      const sandbox = await createSandbox(${JSON.stringify(place.directory)})
      cpSync(${JSON.stringify(server.dataDirectory)}, sandbox.dataDirectory, { recursive: true, filter: (path) => !/postmaster|pg_tblspc\\/./.test(path) })
      const { execFileSync } = await import('node:child_process')
      if (process.getuid() === 0) execFileSync('chown', ['-R', ${JSON.stringify(String(server.account?.uid ?? 0))}, sandbox.dataDirectory])
      await sandbox.start(${JSON.stringify(join(server.binDirectory, 'postgres'))}, {}, quietContext())
      console.log('started')
      setInterval(() => {}, 1000)`
    await server.stop()
    const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', script], {
      cwd: import.meta.dirname,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(child.stdout, 'data')
    const name = readdirSync(place.directory).find((each) => each.startsWith('holdfast-sandbox-')) ?? 'none'
    const mark = join(place.directory, name, 'data', 'postmaster.pid')
    while (!existsSync(mark)) await setTimeout(20)
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect(await removeDeadSandboxes(place.directory)).toEqual([join(place.directory, name)])
    expect(readdirSync(place.directory)).toEqual(['repository'])
    await server.start()
  })
})

describe('the proof of a cluster that was promoted before anybody followed it', () => {
  it.each(['wire', 'direct'] as const)('finds a %s backup whole', async (method) => {
    await using server = await startPostgres()
    await using promoted = await server.standby()
    await promoted.promote()
    await using place = await openRecoveryPlace()
    await backUp(place, promoted, method)
    const proof = await prove(place, promoted, { stop: { type: 'latest' } })
    expect(failuresOf(proof.checks)).toEqual([])
  })
})

describe('recovery to a point in time', () => {
  it('brings back exactly what was committed by then, before and after a table was dropped', async () => {
    await using server = await startPostgres({ settings: { track_commit_timestamp: 'on' } })
    await using place = await openRecoveryPlace()
    await server.sql('CREATE TABLE ticks (n int PRIMARY KEY)')
    const follower = follow(place, server)
    await backUp(place, server)
    const instants: { readonly at: string; readonly rows: number }[] = []
    for (let n = 1; n <= 40; n++) {
      await server.sql(`INSERT INTO ticks VALUES (${n})`)
      if (n === 10) await server.sql('SELECT pg_switch_wal()')
      if (n % 16 !== 8) continue
      await setTimeout(3)
      const [[at = ''] = []] = await server.sql(
        `SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`,
      )
      instants.push({ at: at ?? '', rows: n })
      await setTimeout(3)
    }
    await server.sql('DROP TABLE ticks')
    await untilReceived(server)
    await follower.stop()
    for (const { at, rows } of instants) {
      const assertions = [{ sql: `SELECT count(*) = ${rows} AND max(n) = ${rows} FROM ticks`, database: 'postgres' }]
      const proof = await prove(place, server, { stop: { type: 'time', at } }, { assertions })
      expect([at, failuresOf(proof.checks)]).toEqual([at, []])
      expect(proof.until).toBe(at)
    }
    const gone = await prove(
      place,
      server,
      { stop: { type: 'latest' } },
      { assertions: [{ sql: `SELECT to_regclass('ticks') IS NULL`, database: 'postgres' }] },
    )
    expect(failuresOf(gone.checks)).toEqual([])
  })
})
