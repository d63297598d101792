/** Against real servers of MySQL, where HOLDFAST_TEST_MYSQL says where they are. */
import { mysqlPrograms, mysqlRoot, startMysql } from '@holdfast/connectors/mysql/testing/mysql-server'
import { describe, expect, it } from 'vitest'
import { createCliFixture } from '../cli-fixture.ts'
import { followDuring } from './follow-fixture.ts'

describe.skipIf(mysqlRoot === undefined)('a server of MySQL', () => {
  it('is backed up, followed, brought to a GTID in another one, proven, and moved to a third', async () => {
    const [programs = ''] = mysqlPrograms().binaries.directories
    await using server = await startMysql()
    await using fresh = await startMysql({ serverId: 2 })
    await using third = await startMysql({ serverId: 3 })
    await server.sql([
      'CREATE DATABASE shop',
      'CREATE TABLE shop.item (id int PRIMARY KEY, j json)',
      "INSERT INTO shop.item VALUES (1, '{}')",
      'CREATE DATABASE `be``side`',
      'CREATE TABLE `be``side`.item (id int PRIMARY KEY, j json)',
      "CREATE USER app@'%' IDENTIFIED BY 'secret'",
      "GRANT SELECT ON shop.* TO app@'%'",
    ])
    await using cli = await createCliFixture()
    await cli.init()
    const own = ['--mysql-bin', programs]
    const made = await cli.run(['backup', server.url(), '--source', 'db', ...own])
    expect(made.exitCode, made.stdout + made.stderr).toBe(0)
    let [uuid, set]: (string | null | undefined)[] = []
    const followed = await followDuring(cli.run, [server.url(), '--source', 'db'], async (follow) => {
      await server.sql(["INSERT INTO shop.item VALUES (2, '[]')", "INSERT INTO `be``side`.item VALUES (77, '[]')"])
      await server.sql(['USE shop', 'ALTER TABLE item ADD COLUMN k int DEFAULT 5'])
      ;[uuid, set] = (await server.sql('SELECT @@server_uuid, @@gtid_executed'))[0] ?? []
      await server.sql('DELETE FROM shop.item')
      await follow.stored(server)
    })
    expect(followed.exitCode, followed.stdout + followed.stderr).toBe(0)
    const point = `${uuid}:${/(\d+)$/.exec(set ?? '')?.[1]}`
    const into = ['restore', 'db', '--into-server', fresh.url(), '--at-log', point, ...own]
    const restored = await cli.run(into)
    expect(restored.exitCode, restored.stdout + restored.stderr).toBe(0)
    expect(await fresh.sql('SELECT id FROM shop.item ORDER BY id')).toEqual([['1'], ['2']])

    // under a name that another database has in the log
    await fresh.sql('DROP DATABASE `be``side`')
    const beside = await cli.run([...into, '--database', 'shop', '--into', 'be`side'])
    expect(beside.exitCode, beside.stdout + beside.stderr).toBe(0)
    const rows = [
      ['1', '5'],
      ['2', '5'],
    ]
    expect(await fresh.sql('SELECT id, k FROM `be``side`.item ORDER BY id')).toEqual(rows)
    await fresh.sql('DROP DATABASE `be``side`')

    const proven = await cli.run([
      'verify',
      'db',
      '--no-record',
      '--assert',
      'shop: SELECT count(*) = 0 FROM item',
      ...own,
    ])
    expect(proven.exitCode, proven.stdout + proven.stderr).toBe(0)

    const moved = await cli.run(['migrate', fresh.url(), third.url(), ...own])
    expect(moved.exitCode, moved.stdout + moved.stderr).toBe(0)
    expect(moved.stdout).toContain('CHECKSUM TABLE')
    expect(await third.sql("SHOW GRANTS FOR app@'%'")).toContainEqual(['GRANT SELECT ON `shop`.* TO `app`@`%`'])
    const files = await cli.run(['backup', server.url(), '--source', 'db', '--method', 'direct', ...own])
    expect(files).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('xtrabackup') })
  })
})
