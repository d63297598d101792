import { setTimeout as pause } from 'node:timers/promises'
import { quietContext } from '@holdfast/core/context'
import type { Event } from '@holdfast/core/events/event'
import { expect, it } from 'vitest'
import { followBinlog } from '../binlog/binlog-follower.ts'
import type { MysqlTarget } from '../connection/target.ts'
import { type MariadbServer, startMariadb } from '../testing/mariadb-server.ts'
import { MemorySink } from '../testing/memory-binlog-sink.ts'
import { localClient } from '../testing/read-backup.ts'
import { chainFrom, type RecoverableBase } from './binlog-chain.ts'
import type { MysqlRecoveryPoint } from './recovery-point.ts'
import { replayBinlog } from './replay-binlog.ts'
import { replayEvents } from './replay-events.ts'
import { planReplay } from './replay-plan.ts'

const ctx = quietContext()
const options = {
  ...{ serverId: 4711, flushEveryMs: 100, confirmEveryMs: 200, sliceBytes: 700 },
  delays: { firstDelayMs: 20, longestDelayMs: 200, random: Math.random },
}

function follow(target: MysqlTarget, sink: MemorySink) {
  const stop = new AbortController()
  const findings: string[] = []
  const emit = (event: Event): void => void (event.type === 'finding.noted' && findings.push(event.code))
  const done = followBinlog(target, { ...options, sink }, quietContext({ signal: stop.signal, emit }))
  done.catch(() => {})
  const end = async (): Promise<string[]> => {
    stop.abort()
    await done
    return findings
  }
  return { end, findings }
}

async function replicate(replica: MariadbServer, { port }: MariadbServer, position: string): Promise<void> {
  await replica.sql([
    `SET GLOBAL gtid_slave_pos = '${position}'`,
    `CHANGE MASTER TO master_host='127.0.0.1', master_port=${port}, master_user='root', master_use_gtid=slave_pos, master_connect_retry=1`,
    'START SLAVE',
  ])
}

async function rows(server: MariadbServer): Promise<string> {
  return (await server.sql('SELECT i FROM shop.t ORDER BY i')).map(([i]) => i).join(' ')
}

/** so that the instant between lies in no second of a commit */
async function instant(server: MariadbServer): Promise<string> {
  await pause(1100)
  const [[now = ''] = []] = await server.sql("SELECT CONCAT(REPLACE(UTC_TIMESTAMP(6), ' ', 'T'), 'Z')")
  await pause(1100)
  return now ?? ''
}

async function reached(sink: MemorySink, server: MariadbServer, serverId: number): Promise<void> {
  await expect.poll(() => sink.grown?.facts.serverId).toBe(serverId)
  await sink.reached(server)
}

async function basePosition(server: MariadbServer): Promise<RecoverableBase> {
  const [[file, position] = []] = await server.sql('SHOW MASTER STATUS')
  const [[gtid] = []] = await server.sql('SELECT @@gtid_binlog_pos')
  const place = { file: file ?? '', position: Number(position), gtid: gtid ?? '' }
  return { id: 'base', startedAt: '', consistentAt: new Date().toISOString(), serverId: 1, position: place }
}

async function recover(sink: MemorySink, base: RecoverableBase, into: MariadbServer, stop: MysqlRecoveryPoint) {
  const slices = sink.all()
  const chain = chainFrom(
    base,
    slices.map(({ facts }) => facts),
  )
  const read = async (facts: object): Promise<Buffer> =>
    slices.find((one) => one.facts === facts)?.bytes ?? Buffer.alloc(0)
  await into.sql(['CREATE OR REPLACE DATABASE shop', 'CREATE TABLE shop.t (i int PRIMARY KEY)'])
  const plan = await planReplay(chain, { stop, inclusive: true, without: [] }, read, ctx)
  if (plan !== undefined) {
    const where = { target: into.target(), client: localClient, family: 'mariadb', host: 'fresh' } as const
    await replayBinlog(where, replayEvents(plan, read, { skipsAccounts: true }, ctx), ctx)
  }
  return await rows(into)
}

it('goes on by itself at the replica that took over, and back, and recovers what the surviving line had', async () => {
  await using first = await startMariadb()
  await using second = await startMariadb({
    serverId: 2,
    arguments: ['--log-slave-updates', '--read-only', '--slave-skip-errors=all'],
  })
  await using fresh = await startMariadb({ serverId: 3, binlog: '' })
  await replicate(second, first, '')
  const sink = new MemorySink()
  const both: MysqlTarget = { ...first.target(), others: [{ host: '127.0.0.1', port: second.port }] }
  let follower = follow(both, sink)
  await first.sql(['CREATE DATABASE shop', 'CREATE TABLE shop.t (i int PRIMARY KEY)'])
  const base = await basePosition(first)
  for (let i = 1; i <= 8; i++) await first.sql(`INSERT INTO shop.t VALUES (${i})`)
  await expect.poll(() => rows(second)).toBe('1 2 3 4 5 6 7 8')
  await second.sql('FLUSH BINARY LOGS')
  const before = await instant(first)
  await first.sql('INSERT INTO shop.t VALUES (9)')
  await expect.poll(() => rows(second)).toContain('9')
  await second.sql('STOP SLAVE IO_THREAD')
  for (const i of [10, 11]) await first.sql(`INSERT INTO shop.t VALUES (${i})`)
  await sink.reached(first)
  await first.kill()
  await second.sql(['STOP SLAVE', 'RESET SLAVE ALL', 'SET GLOBAL read_only = 0', 'INSERT INTO shop.t VALUES (20)'])
  const between = await instant(second)
  await second.sql(['INSERT INTO shop.t VALUES (21)', 'FLUSH BINARY LOGS', 'INSERT INTO shop.t VALUES (22)'])
  await reached(sink, second, 2)
  expect((await follower.end()).filter((code) => code !== 'MYSQL_FOLLOWING_INTERRUPTED')).toEqual([
    'MYSQL_FAILOVER_LOST_TRANSACTIONS',
  ])
  expect(await recover(sink, base, fresh, { type: 'latest' })).toBe('1 2 3 4 5 6 7 8 9 20 21 22')
  expect(await recover(sink, base, fresh, { type: 'time', at: between })).toBe('1 2 3 4 5 6 7 8 9 20')
  expect(await recover(sink, base, fresh, { type: 'time', at: before })).toBe('1 2 3 4 5 6 7 8')

  // the first one comes back with what it had, and is written to
  await first.start()
  await first.sql('INSERT INTO shop.t VALUES (30)')
  follower = follow(first.target(), sink)
  await reached(sink, first, 1)
  expect(await follower.end()).toEqual(['MYSQL_FAILOVER_LOST_TRANSACTIONS'])
  expect(await recover(sink, base, fresh, { type: 'latest' })).toBe('1 2 3 4 5 6 7 8 9 10 11 30')

  // the second one replicates again, with transactions of its own in between: no line leads there
  const [[common = ''] = []] = await second.sql("SELECT REGEXP_SUBSTR(@@gtid_binlog_state, '0-1-[0-9]+')")
  await second.sql('SET GLOBAL read_only = 1')
  await replicate(second, first, common ?? '')
  await expect.poll(() => rows(second)).toBe('1 2 3 4 5 6 7 8 9 10 11 20 21 22 30')
  follower = follow(second.target(), sink)
  await reached(sink, second, 2)
  expect(await follower.end()).toEqual(['MYSQL_BINLOG_BEGAN_ANEW'])
  expect(await recover(sink, base, fresh, { type: 'latest' })).toBe('1 2 3 4 5 6 7 8 9 10 11 30')
})
