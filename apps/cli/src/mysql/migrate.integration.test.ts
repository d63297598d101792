import { readdirSync } from 'node:fs'
import { connectMysql } from '@holdfast/connectors/mysql/connection/connect'
import { compareContent } from '@holdfast/connectors/mysql/migration/compare-content'
import { startMariadb } from '@holdfast/connectors/mysql/testing/mariadb-server'
import { startPostgres } from '@holdfast/connectors/postgresql/testing/postgres-server'
import { quietContext } from '@holdfast/core/context'
import { expect, it } from 'vitest'
import { createCliFixture } from '../cli-fixture.ts'

it('moves to another server of the family, and says which table is no longer equal', async () => {
  await using old = await startMariadb()
  await using fresh = await startMariadb({ serverId: 2 })
  await old.sql([
    'CREATE DATABASE shop',
    'CREATE TABLE shop.item (id int PRIMARY KEY, name varchar(100), price decimal(9,2), f double, b blob, bt bit(3))',
    "INSERT INTO shop.item SELECT seq, REPEAT('é', 5), seq / 7, seq / 3, UNHEX('00FF'), b'101' FROM shop.seq_1_to_2000",
    'CREATE TABLE shop.log (id int)',
    'INSERT INTO shop.log VALUES (1)',
    'CREATE SEQUENCE shop.ids',
    'CREATE VIEW shop.cheap AS SELECT * FROM shop.item WHERE price < 1',
    "CREATE USER app@'127.0.0.1' IDENTIFIED BY 'x'",
    'CREATE EVENT shop.writer ON SCHEDULE EVERY 1 DAY DO DELETE FROM shop.log',
  ])
  await using cli = await createCliFixture()
  await cli.init()
  const words = ['migrate', old.url(), fresh.url(), '--source', 'old-db']
  const planned = await cli.run([...words, '--dry-run'])
  expect(planned, planned.stderr).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('shop, 2 tables') })
  expect(await fresh.sql("SHOW DATABASES LIKE 'shop'")).toEqual([])
  const moved = await cli.run(words)
  expect(moved.exitCode, moved.stdout + moved.stderr).toBe(0)
  expect(moved.stdout).toContain('2 tables equal in content, 2 by CHECKSUM TABLE')
  expect(await fresh.sql('SELECT count(*), max(id) FROM shop.item')).toEqual([['2000', '2000']])
  expect(await fresh.sql("SELECT user FROM mysql.user WHERE user = 'app'")).toEqual([['app']])

  expect(await cli.run(words)).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('a database "shop"') })
  expect(await cli.run(['migrate', old.url(), old.url()])).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('same server'),
  })
  // read as between the families: by the text of all values
  const ctx = quietContext()
  await using from = await connectMysql(old.target(), ctx)
  await using same = await connectMysql(fresh.target(), ctx)
  const to = { ...same, version: { ...same.version, family: 'mysql' as const } }
  expect(await compareContent({ from, to }, 'shop', ['item', 'log'], ctx)).toMatchObject({
    verdict: 'passed',
    evidence: '2 tables equal in content, 2 by SHA-256 of all values as text',
  })
  await fresh.sql("UPDATE shop.item SET b = UNHEX('00FE') WHERE id = 1000")
  for (const goal of [to, same]) {
    const check = await compareContent({ from, to: goal }, 'shop', ['item', 'log'], ctx)
    expect(check).toMatchObject({ verdict: 'failed', evidence: expect.stringMatching(/: item$/) })
  }

  await fresh.sql('DROP DATABASE shop')
  const stop = new AbortController()
  const writing = writeUntil(stop.signal, () => old.sql('INSERT INTO shop.log VALUES (2)'))
  const spoilt = await cli.run(words)
  stop.abort()
  await writing
  expect(spoilt.exitCode, spoilt.stdout + spoilt.stderr).toBe(3)
  expect(spoilt.stdout).toContain('another content than on the old server now: log')
})

async function writeUntil(signal: AbortSignal, write: () => Promise<unknown>): Promise<void> {
  while (!signal.aborted) {
    await write()
    await new Promise((done) => setTimeout(done, 20))
  }
}

it('moves into PostgreSQL by pgloader, counts, and tells which types and parts are otherwise', async () => {
  await using old = await startMariadb({ binlog: '' })
  await using fresh = await startPostgres({ hba: ['host all all 127.0.0.1/32 scram-sha-256'] })
  const password = "p@s:s/w%40 o'rd"
  await fresh.sql("ALTER USER postgres PASSWORD 'p@s:s/w%40 o''rd'")
  await fresh.sql('CREATE DATABASE goal')
  await old.sql([
    'CREATE DATABASE shop',
    'CREATE TABLE shop.`Item` (id int unsigned AUTO_INCREMENT PRIMARY KEY, at datetime, flag tinyint(1), name varchar(9))',
    "INSERT INTO shop.`Item` (at, flag, name) SELECT '2026-01-02 03:04:05', 1, 'é' FROM shop.seq_1_to_300",
    'CREATE TABLE shop.part (id int PRIMARY KEY, item int unsigned UNIQUE, FOREIGN KEY (item) REFERENCES `Item` (id))',
    'CREATE VIEW shop.v AS SELECT 1',
    "CREATE USER mover@'127.0.0.1' IDENTIFIED BY 'p@s:s/w%40 o''rd'",
    "GRANT ALL ON *.* TO mover@'127.0.0.1'",
  ])
  await using cli = await createCliFixture()
  await cli.init()
  const variables = { MYSQL_PWD: password, PGPASSWORD: password, TMPDIR: cli.directory }
  const words = ['migrate', old.url('mover'), fresh.url('postgres', 'goal'), '--source', 'old-db']
  const planned = await cli.run([...words, '--dry-run'], { variables })
  expect(planned, planned.stderr).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('views of shop: v') })
  expect(await fresh.sql("SELECT count(*) FROM pg_namespace WHERE nspname = 'shop'", 'goal')).toEqual([['0']])
  const moved = await cli.run(words, { variables })
  expect(moved.exitCode, moved.stdout + moved.stderr).toBe(0)
  expect(moved.stdout).toContain('300 rows in 2 tables, as on the old server')
  expect(moved.stdout).toContain('4 keys of tables, as on the old server')
  expect(moved.stdout).toContain('datetime became timestamp with time zone: Item.at')
  expect(moved.stdout).toContain('tinyint became boolean: Item.flag')
  expect(await fresh.sql('SELECT count(*), max(name) FROM shop."Item"', 'goal')).toEqual([['300', 'é']])
  expect(readdirSync(cli.directory).filter((name) => name.startsWith('holdfast-pgloader-'))).toEqual([])
  expect(await cli.run(words, { variables })).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('a schema "shop"'),
  })
  // pgloader ends with success although PostgreSQL refused what MariaDB takes for a time
  await old.sql([
    'CREATE DATABASE odd',
    'CREATE TABLE odd.t (t time, i int unsigned, FOREIGN KEY (i) REFERENCES shop.`Item` (id))',
    "INSERT INTO odd.t (t) VALUES ('-700:00:00')",
  ])
  const refused = await cli.run([...words, '--database', 'odd'], { variables })
  expect(refused.exitCode, refused.stdout + refused.stderr).toBe(3)
  expect(refused.stdout).toContain('foreign keys of t: 0, not 1')
  expect(refused.stdout).toMatch(/pgloader: .*-700:00:00[^]*t has 0 rows, not 1/)
  const missing = await cli.run([...words, '--database', 'odd'], { variables: { ...variables, PATH: '/nowhere' } })
  expect(missing).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('apt install pgloader') })
  const back = await cli.run(['migrate', fresh.url(), old.url()])
  expect(back).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('no way from PostgreSQL to MySQL') })
})
