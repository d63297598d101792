/** Against a real server of MySQL, where HOLDFAST_TEST_MYSQL says where one is. */
import { setTimeout as pause } from 'node:timers/promises'
import { quietContext } from '@holdfast/core/context'
import { describe, expect, it } from 'vitest'
import { connectMysql } from '../connection/connect.ts'
import { backupPhysical } from '../physical/backup-physical.ts'
import { mysqlPrograms, mysqlRoot, startMysql } from '../testing/mysql-server.ts'
import { readBackup } from '../testing/read-backup.ts'
import { planLogicalRestore } from './restore/plan-logical-restore.ts'
import { restoreLogical } from './restore/restore-logical.ts'
import { makeBank, startTransfers } from './testing/bank.ts'

const ctx = quietContext()

describe.skipIf(mysqlRoot === undefined)('a server of MySQL', () => {
  it('is dumped by its own program, and restored with accounts that log in as before, with TLS and without', async () => {
    const client = mysqlPrograms()
    await using server = await startMysql()
    await using fresh = await startMysql({ serverId: 2 })
    await server.sql([
      'CREATE DATABASE `sh op`',
      'CREATE TABLE `sh op`.item (id int PRIMARY KEY, j json, g int GENERATED ALWAYS AS (id * 2) STORED, b blob)',
      'INSERT INTO `sh op`.item (id, j, b) VALUES (1, \'{"a": 1}\', 0x00FF27), (2, NULL, NULL)',
      'CREATE VIEW `sh op`.v AS SELECT id FROM `sh op`.item',
      'CREATE FUNCTION `sh op`.f() RETURNS int DETERMINISTIC RETURN 1',
      'CREATE ROLE reading',
      'GRANT SELECT ON `sh op`.* TO reading',
      "CREATE USER app@'%' IDENTIFIED BY 'a secret'",
      "GRANT reading TO app@'%'",
      "CREATE USER backup@'%' IDENTIFIED BY 'another'",
      "GRANT SELECT, SHOW VIEW, TRIGGER, EVENT, LOCK TABLES, RELOAD, PROCESS, REPLICATION SLAVE ON *.* TO backup@'%'",
      "GRANT REPLICATION CLIENT, SHOW_ROUTINE, BACKUP_ADMIN ON *.* TO backup@'%'",
    ])
    for (const mode of ['disabled', 'required'] as const) {
      // what a server has seen once it knows without the exchange of keys
      await server.sql('FLUSH PRIVILEGES')
      const target = { ...server.target('backup', 'another'), tls: { mode } }
      const { manifest, files } = await readBackup(target, { client })
      expect(manifest).toMatchObject({
        server: { family: 'mysql' },
        hasUsers: true,
        position: { gtid: expect.stringMatching(/^[0-9a-f-]{36}:1-\d+$/) },
        fingerprint: {
          databases: [{ tables: [{ name: 'item', rows: '2' }], views: ['v'], routines: ['function f'] }],
        },
        warnings: [],
      })
      const request = {
        target: { ...fresh.target(), tls: { mode } },
        client,
        databases: [],
        tables: [],
        users: true,
        replaces: 'all',
      } as const
      const { checks } = await restoreLogical(files, await planLogicalRestore(manifest, request, ctx), ctx)
      expect(checks.map(({ name, verdict }) => `${name} ${verdict}`)).toEqual([
        'rows passed',
        'views passed',
        'routines passed',
      ])
      expect(await fresh.sql('SELECT id, g, HEX(b), `sh op`.f() FROM `sh op`.v JOIN `sh op`.item USING (id)')).toEqual([
        ['1', '2', '00FF27', '1'],
        ['2', '4', null, '1'],
      ])
      await using app = await connectMysql({ ...fresh.target('app', 'a secret'), tls: { mode } }, ctx)
      expect(await app.query('SHOW GRANTS', ctx)).toContainEqual(['GRANT `reading`@`%` TO `app`@`%`'])
    }
  })

  it('is dumped by several programs at once, all of one instant, while money is moved between tables', async () => {
    const client = mysqlPrograms()
    await using server = await startMysql()
    await using fresh = await startMysql({ serverId: 2 })
    await makeBank(server)
    await using transfers = await startTransfers(server)
    for (let round = 0; round < 3; round++) {
      const { manifest, files } = await readBackup(server.target(), {
        client,
        parallel: 3,
        smallestShareBytes: 64 << 10,
      })
      expect(manifest.findings).toEqual([])
      const request = {
        target: fresh.target(),
        client,
        databases: [],
        tables: [],
        users: false,
        replaces: 'all',
      } as const
      const { checks } = await restoreLogical(files, await planLogicalRestore(manifest, request, ctx), ctx)
      expect(checks.filter(({ verdict }) => verdict !== 'passed')).toEqual([])
      expect(await transfers.sums(fresh)).toEqual(transfers.expected)
      const { gtid = '' } = manifest.position ?? {}
      expect(await fresh.sql('SELECT COUNT(*) FROM bank1.moves')).toEqual([[String(transfers.countAt(gtid))]])
    }
    await transfers.stop()
    // MySQL's lock waits for queries
    const long = server.sql('SELECT SLEEP(10) FROM bank1.a LIMIT 1')
    await pause(1000)
    const short = { client, parallel: 3, smallestShareBytes: 64 << 10, lockWaitMs: 3000 }
    const { manifest } = await readBackup(server.target(), short)
    expect(manifest.findings).toMatchObject([
      { code: 'MYSQL_DUMP_NOT_PARALLEL', message: expect.stringContaining('other statements did not let it in 3.0s') },
    ])
    await long
  })

  it('says what is missing for its files, and whose dump program is not its own', async () => {
    const client = mysqlPrograms()
    await using server = await startMysql()
    const options = { source: 'shop', client, temporaryDirectory: '/tmp', toolVersion: '0' }
    await expect(backupPhysical(server.target(), options, ctx)).rejects.toMatchObject({
      code: 'MYSQL_TOOL_MISSING',
      message: expect.stringContaining('xtrabackup'),
    })
    const other = { ...client, binaries: { directories: [], path: '/usr/bin' } }
    await expect(readBackup(server.target(), { client: other })).rejects.toThrow('mysqldump is MariaDB')
  })
})
