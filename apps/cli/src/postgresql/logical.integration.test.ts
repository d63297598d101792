import { chmod } from 'node:fs/promises'
import { startPostgres } from '@holdfast/connectors/postgresql/testing/postgres-server'
import { expect, it } from 'vitest'
import { createCliFixture } from '../cli-fixture.ts'

const fill = `CREATE TABLE item (id serial PRIMARY KEY, price numeric, at timestamptz, took interval, f float8);
  INSERT INTO item (price, at, took, f) SELECT i / 7.0, now(), i * interval '1 hour', random() FROM generate_series(1, 3000) i`

it('backs up logically, shows the plan, and restores one table beside what is there', async () => {
  await using server = await startPostgres()
  await server.sql('CREATE DATABASE shop')
  await server.sql(fill, 'shop')
  await using cli = await createCliFixture()
  await cli.init()
  const made = await cli.run(['backup', server.url(), '--source', 'shop-db', '--method', 'logical'])
  expect(made).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('3000 rows') })
  const into = ['--into-server', server.url()]
  const refused = await cli.run(['restore', 'shop-db', ...into])
  expect(refused).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('there is a database "shop"') })
  for (const name of ['', 'ü'.repeat(32)]) {
    const unnamed = await cli.run(['restore', 'shop-db', ...into, '--database', 'shop', '--into', name])
    expect(unnamed).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('a name of 1 to 63 bytes') })
  }
  const beside = ['restore', 'shop-db', ...into, '--database', 'shop', '--table', 'item', '--into', 'shop_old']
  const planned = await cli.run([...beside, '--dry-run'])
  expect(planned).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('new database shop_old') })
  expect(await server.sql(`SELECT count(*) FROM pg_database WHERE datname = 'shop_old'`)).toEqual([['0']])
  const done = await cli.run(beside)
  expect(done).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('3000 rows in 1 table') })
  expect(await server.sql('SELECT count(*) FROM item', 'shop_old')).toEqual([['3000']])
})

it('migrates to another server and compares every table', async () => {
  await using old = await startPostgres({ major: 14 })
  await using fresh = await startPostgres({ major: 15 })
  await old.sql('CREATE ROLE app LOGIN')
  await old.sql('CREATE DATABASE shop OWNER app')
  await old.sql(fill, 'shop')
  await using cli = await createCliFixture()
  await cli.init()
  const words = ['migrate', old.url(), fresh.url(), '--source', 'old-db']
  expect(await cli.run([...words, '--dry-run'])).toMatchObject({ exitCode: 0 })
  const moved = await cli.run([...words, '--json'])
  expect(moved.exitCode, moved.stderr).toBe(0)
  expect(moved.stdout).toContain('equal in number and content')
  expect(await fresh.sql('SELECT count(*) FROM item', 'shop')).toEqual([['3000']])
  const again = await cli.run(words)
  expect(again).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('there is a database "shop"') })
  const backwards = await cli.run(['migrate', fresh.url(), old.url()])
  expect(backwards).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('older than') })
  const itself = await cli.run(['migrate', fresh.url(), fresh.url()])
  expect(itself).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('same server') })
})

it('replaces a database only when its name is typed, and keeps the old one', async () => {
  await using server = await startPostgres()
  await server.sql('CREATE DATABASE shop')
  await server.sql(fill, 'shop')
  await using cli = await createCliFixture()
  await cli.init()
  await cli.run(['backup', server.url(), '--source', 'shop-db', '--method', 'logical', '--database', 'shop'])
  await server.sql('DELETE FROM item WHERE id > 10', 'shop')
  const words = ['restore', 'shop-db', '--into-server', server.url('postgres', 'shop')]
  const mistyped = await cli.run([...words, '--replace', 'shpo'])
  expect(mistyped).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('--replace') })
  expect(await server.sql('SELECT count(*) FROM item', 'shop')).toEqual([['10']])
  const sleeping = server.sql('SELECT pg_sleep(60)', 'shop').then(
    () => 'slept',
    () => 'ended',
  )
  const done = await cli.run([...words, '--replace', 'shop'])
  expect(done.exitCode, done.stderr).toBe(0)
  expect(await sleeping).toBe('ended')
  expect(await server.sql('SELECT count(*) FROM item', 'shop')).toEqual([['3000']])
  const [[kept] = []] = await server.sql(`SELECT datname FROM pg_database WHERE datname LIKE 'shop_before_%'`)
  expect(await server.sql('SELECT count(*) FROM item', kept ?? '')).toEqual([['10']])
  // and once more where no disk of the server can lose it, under a name of its own
  expect(done.stdout).toMatch(/shop as it is now was kept as snapshot [0-9a-f]{8} of shop-db\.replaced/)
  const again = ['--into-server', server.url(), '--database', 'shop', '--into', 'shop_from_safety']
  expect(await cli.run(['restore', 'shop-db.replaced', ...again])).toMatchObject({ exitCode: 0 })
  expect(await server.sql('SELECT count(*) FROM item', 'shop_from_safety')).toEqual([['10']])
  const listed: unknown[] = JSON.parse((await cli.run(['snapshots', '--json'])).stdout)
  expect(listed).toContainEqual(
    expect.objectContaining({ tags: expect.arrayContaining(['pin=before a restore of shop-db', 'safety=shop-db']) }),
  )
})

it('proves a logical backup in a scratch server, and keeps the evidence', async () => {
  await using server = await startPostgres()
  await server.sql('CREATE DATABASE shop')
  await server.sql(fill, 'shop')
  await using cli = await createCliFixture()
  await cli.init()
  await chmod(cli.directory, 0o755)
  await cli.run(['backup', server.url(), '--source', 'shop-db', '--method', 'logical'])
  const words = ['verify', 'shop-db', '--sandbox', cli.directory, '--postgres-bin', server.binDirectory]
  const proven = await cli.run([...words, '--assert', 'SELECT count(*) = 3000 FROM item'])
  expect(proven, proven.stdout + proven.stderr).toMatchObject({ exitCode: 0 })
  expect(proven.stdout).toContain('3000 rows in 1 table, as many as when it was backed up')
  expect(proven.stdout).toMatch(/loaded [0-9a-f]{8} into an empty PostgreSQL 15/)
  expect(proven.stdout).toMatch(/the evidence is kept as snapshot/)
  const failed = await cli.run([...words, '--assert', 'SELECT count(*) = 1 FROM item', '--json'])
  expect(failed.exitCode).toBe(1)
  expect(failed.stdout).toContain('"method":"logical"')
})
