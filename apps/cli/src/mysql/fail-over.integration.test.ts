import { startMariadb } from '@holdfast/connectors/mysql/testing/mariadb-server'
import { expect, it } from 'vitest'
import { createCliFixture } from '../cli-fixture.ts'
import { followDuring } from './follow-fixture.ts'

it('covers, restores and proves across a fail-over from one backup', async () => {
  await using first = await startMariadb()
  await using second = await startMariadb({ serverId: 2, arguments: ['--log-slave-updates', '--read-only'] })
  await second.sql([
    `CHANGE MASTER TO master_host='127.0.0.1', master_port=${first.port}, master_user='root', master_use_gtid=slave_pos`,
    'START SLAVE',
  ])
  await first.sql(['CREATE DATABASE shop', 'CREATE TABLE shop.t (i int PRIMARY KEY)'])
  await using cli = await createCliFixture()
  await cli.init()
  const url = `mysql://root@127.0.0.1:${first.port},127.0.0.1:${second.port}?ssl-mode=disabled`
  expect(await cli.run(['backup', url, '--source', 'db'])).toMatchObject({ exitCode: 0 })
  const followed = await followDuring(cli.run, [url, '--source', 'db'], async (follow) => {
    await first.sql('INSERT INTO shop.t VALUES (1)')
    await expect.poll(() => second.sql('SELECT i FROM shop.t')).toEqual([['1']])
    await follow.stored(first)
    await first.kill()
    await second.sql(['STOP SLAVE', 'RESET SLAVE ALL', 'SET GLOBAL read_only = 0', 'INSERT INTO shop.t VALUES (2)'])
    await follow.stored(second)
  })
  expect(followed, followed.stderr).toMatchObject({ exitCode: 0 })
  const covered = await cli.run(['coverage', 'db', '--json'])
  expect(JSON.parse(covered.stdout)).toMatchObject({ ranges: [{ bases: [expect.any(String)] }], gaps: [] })
  const proven = await cli.run(['verify', 'db', '--assert', 'shop: SELECT count(*) = 2 FROM t'])
  expect(proven.exitCode, proven.stdout + proven.stderr).toBe(0)
  await second.sql('DROP DATABASE shop')
  const restored = await cli.run(['restore', 'db', '--into-server', second.url()])
  expect(restored.exitCode, restored.stdout + restored.stderr).toBe(0)
  expect(await second.sql('SELECT i FROM shop.t')).toEqual([['1'], ['2']])
})
