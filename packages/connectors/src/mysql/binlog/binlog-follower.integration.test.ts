import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { quietContext } from '@holdfast/core/context'
import type { Event } from '@holdfast/core/events/event'
import { expect, it } from 'vitest'
import { type MariadbServer, startMariadb } from '../testing/mariadb-server.ts'
import { type BinlogFollowReport, followBinlog } from './binlog-follower.ts'
import { MemorySink } from '../testing/memory-binlog-sink.ts'
import type { BinlogSink } from './binlog-sink.ts'

function follow(
  server: MariadbServer,
  sink: BinlogSink,
  more: { user?: string; startFile?: string; confirmEveryMs?: number } = {},
) {
  const stop = new AbortController()
  const findings: Extract<Event, { type: 'finding.noted' }>[] = []
  const told = { recoverableUntil: '' }
  const emit = (event: Event): void => {
    if (event.type === 'finding.noted') findings.push(event)
    if (event.type === 'log.followed') told.recoverableUntil = event.recoverableUntil ?? ''
  }
  const done = followBinlog(
    server.target(more.user),
    {
      sink,
      serverId: 4711,
      flushEveryMs: 100,
      sliceBytes: 100_000,
      confirmEveryMs: more.confirmEveryMs ?? 300,
      delays: { firstDelayMs: 20, longestDelayMs: 200, random: Math.random },
      ...(more.startFile === undefined ? {} : { startFile: more.startFile }),
    },
    quietContext({ signal: stop.signal, emit }),
  )
  done.catch(() => {})
  const end = async (): Promise<BinlogFollowReport> => {
    stop.abort()
    return await done
  }
  return { done, end, findings, told }
}

/** The server marks the file it writes as being in use. */
function closed(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes)
  copy[21] = 0
  return copy
}

it('keeps files byte by byte, through slices, changes of file, restarts, crashes and pauses of its own', async () => {
  await using server = await startMariadb({ arguments: ['--innodb-flush-log-at-trx-commit=2'] })
  const sink = new MemorySink()
  let follower = follow(server, sink)
  await server.sql(['CREATE DATABASE shop', 'CREATE TABLE shop.t (i int PRIMARY KEY, b longtext)'])
  for (let i = 0; i < 12; i++) await server.sql(`INSERT INTO shop.t VALUES (${i}, REPEAT('x', 30000))`)
  await server.sql("INSERT INTO shop.t VALUES (100, REPEAT('y', 16000000))")
  await server.sql('FLUSH BINARY LOGS')
  await sink.reached(server)
  await server.stop()
  await server.start()
  await server.sql("INSERT INTO shop.t VALUES (101, 'a')")
  await sink.reached(server)
  await server.kill()
  await server.start()
  await server.sql("INSERT INTO shop.t VALUES (102, 'b')")
  await sink.reached(server)
  const report = await follower.end()
  expect(report.durable).toMatch(/^binlog\.000004:\d+$/)
  await server.sql([
    "INSERT INTO shop.t VALUES (103, 'c')",
    'FLUSH BINARY LOGS',
    "INSERT INTO shop.t VALUES (104, 'd')",
  ])
  follower = follow(server, sink)
  await sink.reached(server)
  const [[before = ''] = []] = await server.sql("SELECT CONCAT(REPLACE(UTC_TIMESTAMP(6), ' ', 'T'), 'Z')")
  await expect.poll(() => sink.grown?.facts.recoverableUntil ?? '').toSatisfy((until: string) => until > (before ?? ''))
  await follower.end()
  expect(follower.findings).toEqual([])
  for (const file of ['binlog.000001', 'binlog.000002', 'binlog.000003', 'binlog.000004']) {
    expect(closed(sink.content(file)).equals(closed(readFileSync(join(server.dataDirectory, file)))), file).toBe(true)
  }
  // the server may write a checkpoint into its newest file when nobody follows any more
  const newest = sink.content('binlog.000005')
  const theirs = readFileSync(join(server.dataDirectory, 'binlog.000005')).subarray(0, newest.length)
  expect(closed(newest).equals(closed(theirs))).toBe(true)
  expect(sink.slices.filter(({ facts }) => facts.file === 'binlog.000001').length).toBeGreaterThan(3)
  expect(sink.all().reduce((sum, { facts }) => sum + facts.commits, 0)).toBe(2 + 12 + 1 + 4)
})

it('knows of an idle server every few seconds that nothing is missing, and writes nothing for it', async () => {
  await using server = await startMariadb()
  const sink = new MemorySink()
  const follower = follow(server, sink, { confirmEveryMs: 60_000 })
  await server.sql(['CREATE DATABASE shop', 'CREATE TABLE shop.t (i int)'])
  await sink.reached(server)
  const [[now = ''] = []] = await server.sql("SELECT CONCAT(REPLACE(UTC_TIMESTAMP(6), ' ', 'T'), 'Z')")
  const stored = sink.grown
  await expect.poll(() => follower.told.recoverableUntil).toSatisfy((until: string) => until > (now ?? ''))
  expect(sink.grown).toBe(stored)
  expect(stored?.facts.recoverableUntil).toSatisfy((until: string) => until < (now ?? ''))
  await follower.end()
})

it('tells of a log that was purged, and of one that began anew, and goes on', async () => {
  await using server = await startMariadb()
  const sink = new MemorySink()
  let follower = follow(server, sink)
  await server.sql(['CREATE DATABASE shop', 'CREATE TABLE shop.t (i int)'])
  await sink.reached(server)
  await follower.end()
  // files that are being read are not purged
  const readers = "SELECT COUNT(*) FROM information_schema.processlist WHERE command = 'Binlog Dump'"
  await expect.poll(() => server.sql(readers)).toEqual([['0']])
  await server.sql(['FLUSH BINARY LOGS', 'FLUSH BINARY LOGS'])
  // nor, without a word, those that a recovery would begin with, until the server has noted its next checkpoint
  const oldest = async () => (await server.sql(["PURGE BINARY LOGS TO 'binlog.000003'", 'SHOW BINARY LOGS']))[0]?.[0]
  await expect.poll(oldest).toBe('binlog.000003')
  follower = follow(server, sink)
  await sink.reached(server)
  expect(follower.findings).toMatchObject([
    { code: 'MYSQL_BINLOG_GAP', message: expect.stringContaining('binlog.000001') },
  ])
  await follower.end()
  await server.sql(['RESET MASTER', 'INSERT INTO shop.t VALUES (1)'])
  follower = follow(server, sink)
  await sink.reached(server)
  expect(follower.findings).toMatchObject([{ code: 'MYSQL_BINLOG_BEGAN_ANEW' }])
  await follower.end()
  expect(
    closed(sink.content('binlog.000001', 2)).equals(closed(readFileSync(join(server.dataDirectory, 'binlog.000001')))),
  ).toBe(true)
})

it('notices a log that begins anew while it is followed, of which the server says nothing', async () => {
  await using server = await startMariadb()
  const sink = new MemorySink()
  const follower = follow(server, sink)
  await server.sql(['CREATE DATABASE shop', 'CREATE TABLE shop.t (i int)', 'FLUSH BINARY LOGS'])
  await sink.reached(server)
  await server.sql(['RESET MASTER', 'INSERT INTO shop.t VALUES (1)'])
  await expect.poll(() => follower.findings.map(({ code }) => code)).toEqual(['MYSQL_BINLOG_BEGAN_ANEW'])
  await sink.reached(server)
  await follower.end()
  expect(sink.content('binlog.000001', 2).length).toBeGreaterThan(0)
})

it('ends at once, with what to do, without a log or the right to read it', async () => {
  await using server = await startMariadb()
  await server.sql("CREATE USER poor@'%'")
  const poor = follow(server, new MemorySink(), { user: 'poor' })
  await expect(poor.done).rejects.toMatchObject({
    code: 'MYSQL_PRIVILEGE_MISSING',
    hint: expect.stringContaining('GRANT BINLOG MONITOR'),
  })
  await server.sql("GRANT BINLOG MONITOR ON *.* TO poor@'%'")
  const half = follow(server, new MemorySink(), { user: 'poor' })
  await expect(half.done).rejects.toMatchObject({
    code: 'MYSQL_PRIVILEGE_MISSING',
    hint: expect.stringContaining('REPLICATION SLAVE'),
  })
  await server.sql(["GRANT REPLICATION SLAVE ON *.* TO poor@'%'", 'CREATE DATABASE shop'])
  const sink = new MemorySink()
  const whole = follow(server, sink, { user: 'poor' })
  await sink.reached(server)
  await server.sql("REVOKE REPLICATION SLAVE ON *.* FROM poor@'%'")
  // who is logged in keeps the right to the end of the session
  await server.sql('KILL USER poor')
  await expect(whole.done).rejects.toMatchObject({
    code: 'MYSQL_PRIVILEGE_MISSING',
    hint: expect.stringContaining('REPLICATION SLAVE'),
  })
  await using silent = await startMariadb({ binlog: '' })
  await expect(follow(silent, new MemorySink()).done).rejects.toMatchObject({ code: 'MYSQL_BINLOG_OFF' })
})
