import { startMariadb } from '@holdfast/connectors/mysql/testing/mariadb-server'
import { expect, it } from 'vitest'
import { createCliFixture } from '../cli-fixture.ts'

it('brings one table back into the database it was lost from, and never drops the others for it', async () => {
  await using server = await startMariadb()
  await server.sql([
    'CREATE DATABASE shop',
    'CREATE TABLE shop.customers (id int PRIMARY KEY)',
    'CREATE TABLE shop.`or ders"` (id int PRIMARY KEY, customer int, FOREIGN KEY (customer) REFERENCES customers (id))',
    'CREATE TRIGGER shop.t BEFORE INSERT ON shop.customers FOR EACH ROW SET NEW.id = NEW.id',
    'INSERT INTO shop.customers VALUES (1), (2)',
    'INSERT INTO shop.`or ders"` VALUES (10, 1)',
    'CREATE VIEW shop.v AS SELECT * FROM shop.customers',
  ])
  await using cli = await createCliFixture()
  await cli.init()
  const made = await cli.run(['backup', server.url(), '--source', 'db'])
  expect(made, made.stderr).toMatchObject({ exitCode: 0 })
  const [, first = 'none'] = /snapshot (\w{8}) saved/.exec(made.stdout) ?? []
  await server.sql(['INSERT INTO shop.customers VALUES (3)', 'DROP TABLE shop.`or ders"`'])
  const into = ['restore', 'db', '--into-server', server.url(), '--at', 'backup', '--database', 'shop']

  const lost = await cli.run([...into, '--table', 'or ders"'])
  expect(lost.exitCode, lost.stdout + lost.stderr).toBe(0)
  expect(lost.stdout).toContain('into the database shop that is there')
  const refusals = [
    [['--table', 'customers'], 'a table "shop.customers"'],
    [['--table', 'customers', '--replace', 'shop'], 'name the table'],
    [['--table', 'customers', '--confirm', 'other'], '--confirm db'],
    [['--table', 'v', '--into', 'beside'], 'it is a view'],
  ] as const
  for (const [words, told] of refusals) {
    const refused = await cli.run([...into, ...words])
    expect(refused, words.join(' ')).toMatchObject({ exitCode: 1, stderr: expect.stringContaining(told) })
  }
  expect(await server.sql('SELECT COUNT(*) FROM shop.customers')).toEqual([['3']])

  const replaced = await cli.run([...into, '--table', 'customers', '--replace', 'shop.customers'])
  expect(replaced.exitCode, replaced.stdout + replaced.stderr).toBe(0)
  expect(replaced.stdout).toContain('shop.customers as of now was kept as snapshot')
  expect(await server.sql('SELECT COUNT(*) FROM shop.customers')).toEqual([['2']])
  expect(await server.sql('SELECT * FROM shop.`or ders"`')).toEqual([['10', '1']])
  expect(await server.sql('SHOW TRIGGERS FROM shop')).toHaveLength(1)
  const kept = await cli.run(['dump', 'latest', '/mysql/db/databases/shop.sql'])
  expect(kept.stdout).toContain('(3)')
  expect(kept.stdout).not.toContain('INSERT INTO `or ders"`')

  // a dump of some tables is no state of the source, one of a database is one of that database
  for (const words of [
    ['--database', 'shop'],
    ['--table', 'shop.customers'],
  ]) {
    const partial = await cli.run(['backup', server.url(), '--source', 'db', ...words])
    expect(partial, partial.stderr).toMatchObject({ exitCode: 0 })
  }
  const all = await cli.run(['restore', 'db', '--into-server', server.url(), '--confirm', 'db', '--dry-run'])
  expect(all, all.stderr).toMatchObject({ exitCode: 0, stdout: expect.stringContaining(first) })
  const one = await cli.run([...into, '--into', 'beside', '--dry-run'])
  expect(one.stdout).toContain('shop, 2 tables')
  expect(one.stdout).not.toContain(first)
})
