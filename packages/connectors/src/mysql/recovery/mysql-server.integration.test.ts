/** Against a real server of MySQL, where HOLDFAST_TEST_MYSQL says where one is. */
import { setTimeout as pause } from 'node:timers/promises'
import { quietContext } from '@holdfast/core/context'
import type { Event } from '@holdfast/core/events/event'
import { describe, expect, it } from 'vitest'
import { eventsIn, eventType } from '../binlog/binlog-event.ts'
import { followBinlog } from '../binlog/binlog-follower.ts'
import type { MysqlClientPlace } from '../client/mysql-tool.ts'
import type { MysqlTarget } from '../connection/target.ts'
import { MemorySink } from '../testing/memory-binlog-sink.ts'
import { mysqlPrograms, mysqlRoot, startMysql } from '../testing/mysql-server.ts'
import type { TestServer } from '../testing/test-server.ts'
import { chainFrom, type RecoverableBase } from './binlog-chain.ts'
import type { MysqlRecoveryTarget } from './recovery-point.ts'
import { replayBinlog } from './replay-binlog.ts'
import { replayEvents } from './replay-events.ts'
import { planReplay } from './replay-plan.ts'

const ctx = quietContext()

function follow(target: MysqlTarget, sink: MemorySink) {
  const stop = new AbortController()
  const findings: string[] = []
  const emit = (event: Event): void => void (event.type === 'finding.noted' && findings.push(event.code))
  const delays = { firstDelayMs: 20, longestDelayMs: 200, random: Math.random }
  const options = { serverId: 4711, flushEveryMs: 100, confirmEveryMs: 200, sliceBytes: 700, delays, sink }
  const done = followBinlog(target, options, quietContext({ signal: stop.signal, emit }))
  done.catch(() => {})
  const end = async (): Promise<string[]> => {
    stop.abort()
    await done
    return findings.filter((code) => code !== 'MYSQL_FOLLOWING_INTERRUPTED')
  }
  return { end }
}

async function basePosition(server: TestServer): Promise<RecoverableBase> {
  const [[file = '', position, , , gtid = ''] = []] = await server.sql('SHOW BINARY LOG STATUS')
  const place = { file: file ?? '', position: Number(position), gtid: (gtid ?? '').replaceAll(/\s/g, '') }
  return { id: 'base', startedAt: '', consistentAt: new Date().toISOString(), serverId: 1, position: place }
}

interface Recovery {
  readonly sink: MemorySink
  readonly base: RecoverableBase
  readonly into: TestServer
  readonly client: MysqlClientPlace
}

async function recover({ sink, base, into, client }: Recovery, target: Partial<MysqlRecoveryTarget>): Promise<void> {
  const slices = sink.all()
  const chain = chainFrom(
    base,
    slices.map(({ facts }) => facts),
  )
  const read = async (facts: object): Promise<Buffer> =>
    slices.find((one) => one.facts === facts)?.bytes ?? Buffer.alloc(0)
  const whole = { stop: { type: 'latest' }, inclusive: true, without: [], ...target } as const
  const plan = await planReplay(chain, whole, read, ctx)
  if (plan === undefined) return
  const where = { target: into.target(), client, family: 'mysql', host: 'fresh' } as const
  await replayBinlog(where, replayEvents(plan, read, { skipsAccounts: true }, ctx), ctx)
}

/** so that the instant between lies in no second of a commit */
async function instant(server: TestServer): Promise<string> {
  await pause(1100)
  const [[now = ''] = []] = await server.sql("SELECT CONCAT(REPLACE(UTC_TIMESTAMP(6), ' ', 'T'), 'Z')")
  await pause(1100)
  return now ?? ''
}

async function replicate(replica: TestServer, { port }: TestServer): Promise<void> {
  await replica.sql([
    `CHANGE REPLICATION SOURCE TO source_host='127.0.0.1', source_port=${port}, source_user='root', source_auto_position=1, source_connect_retry=1, get_source_public_key=1`,
    'START REPLICA',
  ])
}

async function numbers(server: TestServer): Promise<string> {
  return (await server.sql('SELECT i FROM shop.t ORDER BY i')).map(([i]) => i).join(' ')
}

describe.skipIf(mysqlRoot === undefined)('a server of MySQL', () => {
  it('has its encrypted, compressed log with parts of rows replayed to a GTID, a second, or without one transaction', async () => {
    const client = mysqlPrograms()
    await using server = await startMysql({
      encrypts: true,
      arguments: [
        ...['--binlog-encryption=ON', '--binlog-transaction-compression=ON'],
        ...['--binlog-row-image=MINIMAL', '--binlog-row-value-options=PARTIAL_JSON'],
      ],
    })
    await using fresh = await startMysql({ serverId: 2 })
    const make = ['CREATE DATABASE shop', 'CREATE TABLE shop.t (i int PRIMARY KEY, a varchar(900), j json)']
    await server.sql([...make, `INSERT INTO shop.t VALUES (1, 'a', '{"k": 1, "l": "${'x'.repeat(400)}"}')`])
    const base = await basePosition(server)
    const sink = new MemorySink()
    const follower = follow(server.target(), sink)
    const executed = async (): Promise<string> => {
      const [[uuid, set = ''] = []] = await server.sql('SELECT @@server_uuid, @@gtid_executed')
      return `${uuid}:${/(\d+)$/.exec(set ?? '')?.[1]}`
    }
    await server.sql(["UPDATE shop.t SET j = JSON_SET(j, '$.k', 2)", "UPDATE shop.t SET a = 'b'"])
    const row = await executed()
    await server.sql(['FLUSH BINARY LOGS', "INSERT INTO shop.t VALUES (2, REPEAT('y', 900), NULL)"])
    const before = await instant(server)
    await server.sql(['ALTER TABLE shop.t ADD COLUMN b int DEFAULT 5', 'DELETE FROM shop.t'])
    const last = await executed()
    await server.sql('INSERT INTO shop.t (i) VALUES (7)')
    await sink.reached(server)
    expect(await follower.end()).toEqual([])
    const types = sink.all().flatMap(({ bytes }) => [...eventsIn(bytes)].map(({ type }) => type))
    expect(types).toContain(eventType.transactionPayload)

    const replay = async (target: Partial<MysqlRecoveryTarget>): Promise<unknown> => {
      await fresh.sql(['DROP DATABASE IF EXISTS shop', ...make])
      await fresh.sql(`INSERT INTO shop.t VALUES (1, 'a', '{"k": 1, "l": "${'x'.repeat(400)}"}')`)
      await recover({ sink, base, into: fresh, client }, target)
      return await fresh.sql("SELECT i, LEFT(a, 1), j->>'$.k' FROM shop.t ORDER BY i")
    }
    const rows = [
      ['1', 'b', '2'],
      ['2', 'y', null],
    ]
    expect(await replay({ stop: { type: 'gtid', gtid: row } })).toEqual(rows.slice(0, 1))
    expect(await replay({ stop: { type: 'gtid', gtid: row }, inclusive: false })).toEqual([['1', 'a', '2']])
    expect(await replay({ stop: { type: 'time', at: before } })).toEqual(rows)
    expect(await replay({})).toEqual([['7', null, null]])
    expect(await replay({ without: [last] })).toEqual([...rows, ['7', null, null]])
  })

  it('is followed to the replica that took over, by GTID, also by transactions with a tag', async () => {
    const client = mysqlPrograms()
    await using first = await startMysql()
    await using second = await startMysql({ serverId: 2, arguments: ['--replica-skip-errors=all'] })
    await using fresh = await startMysql({ serverId: 3 })
    await second.sql('SET GLOBAL super_read_only = 1')
    await replicate(second, first)
    const sink = new MemorySink()
    const both: MysqlTarget = { ...first.target(), others: [{ host: '127.0.0.1', port: second.port }] }
    const follower = follow(both, sink)
    const make = ['CREATE DATABASE shop', 'CREATE TABLE shop.t (i int PRIMARY KEY)']
    await first.sql(make)
    const base = await basePosition(first)
    for (const i of [1, 2, 3]) await first.sql(`INSERT INTO shop.t VALUES (${i})`)
    await expect.poll(() => numbers(second)).toBe('1 2 3')
    await second.sql(['STOP REPLICA IO_THREAD', 'FLUSH BINARY LOGS'])
    const before = await instant(first)
    await first.sql('INSERT INTO shop.t VALUES (10)')
    await sink.reached(first)
    await first.kill()
    await second.sql([
      'STOP REPLICA',
      'RESET REPLICA ALL',
      'SET GLOBAL super_read_only = 0',
      'SET GLOBAL read_only = 0',
    ])
    await second.sql('INSERT INTO shop.t VALUES (20)')
    await expect.poll(() => sink.grown?.facts.serverId).toBe(2)
    await sink.reached(second)
    expect(await follower.end()).toEqual(['MYSQL_FAILOVER_LOST_TRANSACTIONS'])
    const replay = async (target: Partial<MysqlRecoveryTarget>): Promise<string> => {
      await fresh.sql(['DROP DATABASE IF EXISTS shop', ...make])
      await recover({ sink, base, into: fresh, client }, target)
      return await numbers(fresh)
    }
    expect(await replay({})).toBe('1 2 3 20')
    expect(await replay({ stop: { type: 'time', at: before } })).toBe('1 2 3')

    const again = follow(second.target(), sink)
    await second.sql([
      "SET gtid_next = 'AUTOMATIC:tag'",
      'INSERT INTO shop.t VALUES (30)',
      "SET gtid_next = 'AUTOMATIC'",
    ])
    await second.sql(['FLUSH BINARY LOGS', 'INSERT INTO shop.t VALUES (31)'])
    await sink.reached(second)
    expect(await again.end()).toEqual([])
    expect(await replay({})).toBe('1 2 3 20 30 31')

    // a set with tags is not understood: the log begins anew behind it, and says so
    await fresh.sql(['DROP DATABASE shop', 'RESET BINARY LOGS AND GTIDS'])
    await replicate(fresh, second)
    await expect.poll(() => numbers(fresh).catch(() => '')).toBe('1 2 3 20 30 31')
    await second.kill()
    await fresh.sql(['STOP REPLICA', 'RESET REPLICA ALL', 'INSERT INTO shop.t VALUES (40)'])
    const third = follow({ ...second.target(), others: [{ host: '127.0.0.1', port: fresh.port }] }, sink)
    await expect.poll(() => sink.grown?.facts.serverId).toBe(3)
    await sink.reached(fresh)
    expect(await third.end()).toEqual(['MYSQL_BINLOG_BEGAN_ANEW'])
  })
})
