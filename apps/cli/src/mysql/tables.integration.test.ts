import { chmodSync, readdirSync } from 'node:fs'
import { startMariadb } from '@holdfast/connectors/mysql/testing/mariadb-server'
import { expect, it } from 'vitest'
import { createCliFixture } from '../cli-fixture.ts'
import { followDuring } from './follow-fixture.ts'

it('brings one table to a place in the log beside the running one, also one that is younger than the backup', async () => {
  await using server = await startMariadb()
  await server.sql([
    'CREATE DATABASE shop',
    'CREATE DATABASE other',
    'CREATE TABLE shop.item (id int PRIMARY KEY)',
    'CREATE TABLE shop.seen (id int)',
    'CREATE TRIGGER shop.note AFTER INSERT ON shop.item FOR EACH ROW INSERT INTO shop.seen VALUES (NEW.id)',
    'INSERT INTO shop.item VALUES (1)',
  ])
  await using cli = await createCliFixture()
  chmodSync(cli.directory, 0o755)
  await cli.init()
  const made = await cli.run(['backup', server.url(), '--source', 'db'])
  expect(made, made.stderr).toMatchObject({ exitCode: 0 })
  await server.sql([
    'INSERT INTO shop.item VALUES (2)',
    // reaches from one database into another: the log of one alone could not be replayed
    'CREATE TABLE other.late AS SELECT * FROM shop.item',
    'INSERT INTO other.late VALUES (3)',
  ])
  const [[before = ''] = []] = await server.sql('SELECT @@gtid_binlog_pos')
  await server.sql(['DELETE FROM shop.item', 'DROP TABLE other.late'])
  const followed = await followDuring(cli.run, [server.url(), '--source', 'db'], (follow) => follow.stored(server))
  expect(followed, followed.stderr).toMatchObject({ exitCode: 0 })

  const into = ['restore', 'db', '--into-server', server.url(), '--temporary', cli.directory]
  const one = [...into, '--database', 'shop', '--table', 'item', '--into', 'then', '--at-log', before ?? '']
  const planned = await cli.run([...one, '--dry-run'])
  expect(planned, planned.stderr).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('scratch server') })
  const restored = await cli.run(one)
  expect(restored.exitCode, restored.stdout + restored.stderr).toBe(0)
  expect(await server.sql('SELECT id FROM `then`.item ORDER BY id')).toEqual([['1'], ['2']])
  expect(await server.sql('SHOW TABLES FROM `then`')).toEqual([['item']])
  const late = [...into, '--database', 'other', '--table', 'late', '--into']
  const younger = await cli.run([...late, 'late', '--at-log', before ?? ''])
  expect(younger.exitCode, younger.stdout + younger.stderr).toBe(0)
  expect(await server.sql('SELECT id FROM late.late ORDER BY id')).toEqual([['1'], ['2'], ['3']])
  // as of the backup, nothing is replayed
  expect(await cli.run([...late, 'none', '--at', 'backup'])).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('no table "late"'),
  })
  expect(await server.sql("SHOW DATABASES LIKE 'none'")).toEqual([])
  expect(readdirSync(cli.directory).filter((name) => name.startsWith('holdfast-mysqld-'))).toEqual([])
})
