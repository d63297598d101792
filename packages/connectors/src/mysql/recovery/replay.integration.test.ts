import { randomBytes } from 'node:crypto'
import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { quietContext } from '@holdfast/core/context'
import { expect, it } from 'vitest'
import { followBinlog } from '../binlog/binlog-follower.ts'
import { startMariadb } from '../testing/mariadb-server.ts'
import { MemorySink } from '../testing/memory-binlog-sink.ts'
import { localClient } from '../testing/read-backup.ts'
import { chainFrom } from './binlog-chain.ts'
import type { MysqlRecoveryTarget } from './recovery-point.ts'
import { replayBinlog } from './replay-binlog.ts'
import { replayEvents } from './replay-events.ts'
import { planReplay } from './replay-plan.ts'

const ctx = quietContext()

it('replays an encrypted log of statements, rows, temporary tables and DDL to a place, a second or a GTID, and without one transaction', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-keys-'))
  chmodSync(directory, 0o755)
  writeFileSync(join(directory, 'keys'), `1;${randomBytes(32).toString('hex')}\n`, { mode: 0o644 })
  const keys = ['--plugin-load-add=file_key_management', `--file-key-management-filename=${directory}/keys`]
  await using server = await startMariadb({ arguments: [...keys, '--encrypt-binlog=ON'] })
  await using fresh = await startMariadb({ serverId: 2 })
  const sink = new MemorySink()
  const stop = new AbortController()
  const options = { sink, serverId: 4711, flushEveryMs: 100, sliceBytes: 500 }
  const following = followBinlog(server.target(), options, quietContext({ signal: stop.signal }))
  const gtid = async (): Promise<string> => (await server.sql('SELECT @@gtid_binlog_pos'))[0]?.[0] ?? ''
  await server.sql([
    'CREATE DATABASE shop',
    'USE shop',
    'CREATE TABLE t (i int AUTO_INCREMENT PRIMARY KEY, a varchar(50))',
  ])
  const [[logFile, position = ''] = []] = await server.sql('SHOW MASTER STATUS')
  const file = logFile ?? ''
  await server.sql(['USE shop', "INSERT INTO t (a) VALUES ('row')"])
  const row = await gtid()
  await server.sql([
    'USE shop',
    'SET SESSION binlog_format = STATEMENT',
    'CREATE TEMPORARY TABLE tmp AS SELECT 1 AS i',
    "INSERT INTO t (a) SELECT CONCAT('statement ', i) FROM tmp",
    'SET @v = 7',
    'INSERT INTO t (a) VALUES (@v)',
    'FLUSH BINARY LOGS',
    "INSERT INTO t (a) SELECT CONCAT('after the file ended ', i) FROM tmp",
  ])
  await pause(2100)
  const [[before = ''] = []] = await server.sql("SELECT CONCAT(REPLACE(UTC_TIMESTAMP(6), ' ', 'T'), 'Z')")
  await pause(1100)
  await server.sql(['USE shop', 'ALTER TABLE t ADD COLUMN b int DEFAULT 5', "CREATE USER later@'%'", 'DELETE FROM t'])
  const last = await gtid()
  await sink.reached(server)
  stop.abort()
  await following

  const slices = sink.all()
  expect(slices.length).toBeGreaterThan(2)
  const base = {
    id: 'base',
    startedAt: '',
    consistentAt: new Date().toISOString(),
    serverId: 1,
    position: { file, position: Number(position) },
  }
  const chain = chainFrom(
    base,
    slices.map(({ facts }) => facts),
  )
  const read = async (facts: object): Promise<Buffer> =>
    slices.find((one) => one.facts === facts)?.bytes ?? Buffer.alloc(0)
  const replay = async (target: Partial<MysqlRecoveryTarget>, skipsAccounts = true): Promise<string[]> => {
    await fresh.sql([
      'DROP DATABASE IF EXISTS shop',
      'CREATE DATABASE shop',
      'USE shop',
      'CREATE TABLE t (i int AUTO_INCREMENT PRIMARY KEY, a varchar(50))',
    ])
    const plan = await planReplay(
      chain,
      { stop: { type: 'latest' }, inclusive: true, without: [], ...target },
      read,
      ctx,
    )
    if (plan === undefined) return []
    const where = { target: fresh.target(), client: localClient, family: 'mariadb', host: 'fresh' } as const
    await replayBinlog(where, replayEvents(plan, read, { skipsAccounts }, ctx), ctx)
    return (await fresh.sql('SELECT a FROM shop.t ORDER BY i')).map(([a]) => a ?? '')
  }
  const all = ['row', 'statement 1', '7', 'after the file ended 1']
  expect(await replay({})).toEqual([])
  expect(await replay({ without: [last] })).toEqual(all)
  expect(await fresh.sql("SELECT COUNT(*) FROM mysql.user WHERE user = 'later'")).toEqual([['0']])
  expect(await fresh.sql('SELECT DISTINCT b FROM shop.t')).toEqual([['5']])
  expect(await replay({ stop: { type: 'time', at: before ?? '' } })).toEqual(all)
  expect(await replay({ stop: { type: 'gtid', gtid: row } })).toEqual(['row'])
  expect(await replay({ stop: { type: 'gtid', gtid: row }, inclusive: false })).toEqual([])
  expect(await replay({ stop: { type: 'gtid', gtid: last }, inclusive: false }, false)).toEqual(all)
  expect(await fresh.sql("SELECT COUNT(*) FROM mysql.user WHERE user = 'later'")).toEqual([['1']])
  expect(await replay({ stop: { type: 'position', file, position: Number(position) } })).toEqual([])
  // the log of the server that it was replayed on can be replayed again
  const [[own = ''] = []] = await fresh.sql('SHOW MASTER STATUS')
  const written = (await fresh.sql(`SHOW BINLOG EVENTS IN '${own}'`)).map((event) => event.at(-1) ?? '')
  const numbers = written
    .map((text) => Number(/GTID 0-\d+-(\d+)/.exec(text)?.[1] ?? Number.NaN))
    .filter((one) => one > 0)
  expect(numbers.length).toBeGreaterThan(20)
  expect(numbers).toEqual(numbers.map((_one, at) => (numbers[0] ?? 0) + at))
  await expect(replay({ without: ['0-1-9999'] })).rejects.toMatchObject({ code: 'MYSQL_PLACE_UNKNOWN' })
  await expect(replay({ stop: { type: 'gtid', gtid: '0-1-9999' } })).rejects.toMatchObject({
    code: 'MYSQL_PLACE_UNKNOWN',
  })
})
