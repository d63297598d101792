import {
  chownSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { quoteIdentifier } from '../connection/quote.ts'
import { startPostgres } from '../testing/postgres-server.ts'
import { readAway, recordingContext, startBackup } from './backup-fixture.ts'
import { parseBackupManifest } from './parse-backup-manifest.ts'
import { formatManifest } from '../../manifest/manifest-file.ts'
import { restoreBackup } from './restored-backup-fixture.ts'

const methods = ['wire', 'direct'] as const
/** HOLDFAST_TEST_TABLES makes it more */
const tables = Number(process.env['HOLDFAST_TEST_TABLES'] ?? 1500)

describe.each(methods)('the %s method', (method) => {
  it('backs up a standby, with WAL up to where it is consistent', async () => {
    await using primary = await startPostgres({})
    await primary.sql(`CREATE TABLE t AS SELECT generate_series(1, 50000) AS id`)
    await using standby = await primary.standby()
    await primary.sql('INSERT INTO t SELECT generate_series(1, 50000)')
    const backup = await startBackup(standby, { method })
    await using restored = await restoreBackup(backup, standby)
    expect(backup.manifest()?.fromStandby).toBe(true)
    // Without the file that makes a standby of it, it becomes a primary.
    rmSync(join(restored.dataDirectory, 'standby.signal'))
    const started = await restored.start()
    const [[count] = []] = await started.sql('SELECT count(*) FROM t')
    expect(Number(count)).toBeGreaterThanOrEqual(50_000)
  })

  it('fails when the standby it reads becomes a primary', async () => {
    await using primary = await startPostgres({})
    await using standby = await primary.standby()
    await primary.sql('CREATE TABLE t AS SELECT generate_series(1, 500000) AS id')
    // Slow enough that it is not over before the promotion.
    const backup = await startBackup(standby, { method, maxRateKib: 8192 })
    const entries = backup.entries[Symbol.asyncIterator]()
    while ((await entries.next()).value?.kind !== 'file');
    await standby.promote()
    const rest = { ...backup, entries: { [Symbol.asyncIterator]: () => entries } }
    await expect(readAway(rest)).rejects.toMatchObject({ name: 'AppError' })
    expect(backup.manifest()).toBeUndefined()
  })

  it(`takes a cluster with ${tables} tables, and databases with names of every kind`, async () => {
    await using server = await startPostgres({ settings: { max_locks_per_transaction: 512 } })
    const names = [`it's "quoted"`, '데이터베이스', ' leading space', 'back\\slash', 'a/b']
    for (const name of names) await server.sql(`CREATE DATABASE ${quoteIdentifier(name)}`)
    await server.sql(
      `DO $$ BEGIN FOR i IN 1..${tables} LOOP EXECUTE 'CREATE TABLE t' || i || ' AS SELECT ' || i || ' AS id'; END LOOP; END $$`,
    )
    const backup = await startBackup(server, { method })
    await using restored = await restoreBackup(backup, server)
    const manifest = backup.manifest()
    expect(manifest?.databases.map(({ name }) => name)).toEqual(expect.arrayContaining(names))
    const started = await restored.start()
    expect(await started.sql(`SELECT count(*) FROM pg_class WHERE relname ~ '^t[0-9]+$'`)).toEqual([[String(tables)]])
    expect(await started.sql(`SELECT id FROM t${tables}`)).toEqual([[String(tables)]])
    expect(await started.sql('SELECT 1', names[1])).toEqual([['1']])
  })

  it('does not take a tablespace twice that lies inside the data directory', async () => {
    await using server = await startPostgres({})
    const place = join(server.dataDirectory, 'inside')
    mkdirSync(place, { mode: 0o700 })
    if (server.account !== undefined) chownSync(place, server.account.uid, server.account.gid)
    await server.sql(`CREATE TABLESPACE inside LOCATION '${place}'`)
    await server.sql('CREATE TABLE t TABLESPACE inside AS SELECT generate_series(1, 1000) AS id')
    const backup = await startBackup(server, { method })
    await using restored = await restoreBackup(backup, server)
    const [oid = ''] = readdirSync(join(restored.directory, 'tablespaces'))
    expect(readdirSync(join(restored.directory, 'tablespaces', oid))[0]).toMatch(/^PG_15_/)
    expect(existsSync(join(restored.dataDirectory, 'inside', 'PG_15_202209061'))).toBe(false)
    const started = await restored.start()
    expect(await started.sql('SELECT count(*) FROM t')).toEqual([['1000']])
  })

  it('takes a tablespace that is a directory in pg_tblspc', async () => {
    // PostgreSQL 15 does not send it: see below.
    await using server = await startPostgres({
      major: method === 'wire' ? 18 : 15,
      settings: { allow_in_place_tablespaces: 'on' },
    })
    await server.sql(`CREATE TABLESPACE here LOCATION ''`)
    await server.sql('CREATE TABLE t TABLESPACE here AS SELECT generate_series(1, 1000) AS id')
    const backup = await startBackup(server, { method })
    await using restored = await restoreBackup(backup, server)
    const [path] = restored.order.filter((name) => /tablespaces\/\d+\/PG_\d+_\d+\/\d+\/\d+$/.test(name))
    expect(path).toBeDefined()
    expect(backup.manifest()?.tablespaces).toMatchObject([{ path: expect.stringMatching(/^pg_tblspc\/\d+$/) }])
  })

  it('leaves out what is temporary, unlogged or of the running server', async () => {
    await using server = await startPostgres({})
    await server.sql('CREATE UNLOGGED TABLE u AS SELECT generate_series(1, 1000) AS id; CREATE INDEX ON u (id)')
    const [[node] = []] = await server.sql(`SELECT pg_relation_filepath('u')`)
    writeFileSync(join(server.dataDirectory, 'base/pgsql_tmp.1'), 'x')
    writeFileSync(join(server.dataDirectory, 'base/1/t3_16384'), 'x')
    writeFileSync(join(server.dataDirectory, 'pg_stat_tmp/x.stat'), 'x')
    const backup = await startBackup(server, { method })
    await using restored = await restoreBackup(backup, server)
    const names = restored.order.map((path) => path.replace('postgresql/shop/data/', ''))
    expect(names).toContain(`${node}_init`)
    for (const name of [node, 'postmaster.pid', 'postmaster.opts', 'base/pgsql_tmp.1', 'base/1/t3_16384'])
      expect(names).not.toContain(name)
    expect(names).not.toContain('pg_stat_tmp/x.stat')
    expect(names).toContain('pg_stat_tmp')
    expect(names.indexOf('global/pg_control')).toBeGreaterThan(names.lastIndexOf('PG_VERSION'))
    expect(new Set(restored.order).size).toBe(restored.order.length)
  })

  it('says in a finding that a file with a name that is no text was left out', async () => {
    await using server = await startPostgres({})
    writeFileSync(Buffer.concat([Buffer.from(`${server.dataDirectory}/odd-`), Buffer.of(0xff)]), 'x')
    const backup = await startBackup(server, { method })
    const manifest = await readAway(backup)
    expect(manifest.findings).toMatchObject([{ path: 'postgresql/shop/data/odd-\u00ff' }])
    expect(parseBackupManifest(formatManifest(manifest))).toEqual(manifest)
  })
})

describe('a relation of more than 1 GiB', () => {
  it('comes as its files, whose pages are numbered on', async () => {
    await using server = await startPostgres({})
    await server.sql('CREATE TABLE big AS SELECT generate_series(1, 100) AS id; CHECKPOINT')
    const [[path] = []] = await server.sql(`SELECT pg_relation_filepath('big')`)
    const first = join(server.dataDirectory, path ?? '')
    truncateSync(first, 1 << 30)
    // A page that fits as block 0 does not fit as block 131072.
    const page = Buffer.alloc(8192)
    readSync(openSync(first, 'r'), page, 0, 8192, 0)
    writeFileSync(`${first}.1`, page)
    if (server.account !== undefined) chownSync(`${first}.1`, server.account.uid, server.account.gid)
    const { ctx } = recordingContext()
    const manifest = await readAway(await startBackup(server, {}, ctx))
    expect(manifest.findings).toMatchObject([{ block: 131_072, relation: 'postgres.public.big' }])
    expect(manifest.bytes).toBeGreaterThan(1 << 30)
  })
})

describe('the wire method', () => {
  it('fails rather than to leave out a tablespace that the server does not send', async () => {
    await using server = await startPostgres({ settings: { allow_in_place_tablespaces: 'on' } })
    await server.sql(`CREATE TABLESPACE here LOCATION ''`)
    await expect(readAway(await startBackup(server))).rejects.toMatchObject({
      code: 'POSTGRES_BACKUP_INCOMPLETE',
      message: expect.stringContaining('leaves out the tablespace in pg_tblspc/'),
    })
  })

  it('reads no faster than it was told to, and says how far it is', async () => {
    await using server = await startPostgres({})
    const { ctx, events } = recordingContext()
    const started = performance.now()
    const manifest = await readAway(await startBackup(server, { maxRateKib: 16 * 1024 }, ctx))
    const seconds = (performance.now() - started) / 1000
    expect(manifest.bytes / seconds).toBeLessThan(18 * 1024 * 1024)
    const last = events.findLast((event) => event.type === 'work.progressed')
    expect(last).toMatchObject({ work: 'backup', bytesDone: manifest.bytes, done: manifest.files })
  })
})
