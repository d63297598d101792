import { startMariadb } from '@holdfast/connectors/mysql/testing/mariadb-server'
import { expect, it } from 'vitest'
import { createCliFixture } from '../cli-fixture.ts'
import { followDuring } from './follow-fixture.ts'

it('follows a connection with two hosts, and brings some databases to a place in the log, others not at all', async () => {
  await using server = await startMariadb()
  await using fresh = await startMariadb({ serverId: 2, binlog: '' })
  const names = ['shop', 'or ders', 'elsewhere']
  for (const name of names) await server.sql([`CREATE DATABASE \`${name}\``, `CREATE TABLE \`${name}\`.t (i int)`])
  await using cli = await createCliFixture()
  await cli.init()
  // nobody listens at the first host
  const url = `mysql://root@127.0.0.1:1,127.0.0.1:${server.port}?ssl-mode=disabled`
  const made = await cli.run(['backup', url, '--source', 'db'])
  expect(made, made.stderr).toMatchObject({ exitCode: 0 })
  for (const name of names) await server.sql(`INSERT INTO \`${name}\`.t VALUES (1)`)
  const [[gtid = ''] = []] = await server.sql('SELECT @@gtid_binlog_pos')
  for (const name of names) await server.sql(`INSERT INTO \`${name}\`.t VALUES (2)`)
  // it names its database itself: under another name it would change the wrong one
  await server.sql("ALTER TABLE shop.t COMMENT 'late'")
  const followed = await followDuring(cli.run, [url, '--source', 'db'], (follow) => follow.stored(server))
  expect(followed, followed.stderr).toMatchObject({ exitCode: 0 })
  const chosen = ['--database', 'shop', '--database', 'or ders', '--at-log', gtid ?? '']
  const restored = await cli.run(['restore', 'db', '--into-server', fresh.url(), ...chosen])
  expect(restored.exitCode, restored.stdout + restored.stderr).toBe(0)
  for (const name of ['shop', 'or ders']) expect(await fresh.sql(`SELECT i FROM \`${name}\`.t`)).toEqual([['1']])
  expect(await fresh.sql("SHOW DATABASES LIKE 'elsewhere'")).toEqual([])
  const beside = await cli.run([
    'restore',
    'db',
    '--into-server',
    fresh.url(),
    '--database',
    'shop',
    '--into',
    'beside',
  ])
  expect(beside).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('cannot be told apart') })
  expect(await fresh.sql("SHOW DATABASES LIKE 'beside'")).toEqual([])
})
