import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { startPostgres, type PostgresServer } from '@holdfast/connectors/postgresql/testing/postgres-server'
import { untilReceived } from '@holdfast/connectors/postgresql/testing/until-received'
import { type FollowReport, followWal } from '@holdfast/connectors/postgresql/wal/follower'
import { parseLsn, segmentName } from '@holdfast/connectors/postgresql/wal/lsn'
import type { SegmentFacts } from '@holdfast/connectors/postgresql/wal/segment-facts'
import { walTimeOf } from '@holdfast/connectors/postgresql/wal/wal-time'
import { quietContext } from '@holdfast/core/context'
import type { Event } from '@holdfast/core/events/event'
import { logBytes, logOptions } from '@holdfast/repository/log/log-fixture'
import { readLog } from '@holdfast/repository/log/read-log'
import type { Repository } from '@holdfast/repository/repository'
import { exampleRepository } from '@holdfast/repository/snapshot/snapshot-fixture'
import { withFaultInjection } from '@holdfast/storage/decorate/with-fault-injection'
import { createMemoryBackend } from '@holdfast/storage/memory/memory-backend'
import { describe, expect, test } from 'vitest'
import { createRepositoryLogSink, type LogSinkOptions, type RepositoryLogSink } from './repository-log-sink.ts'
import { segmentFactsOf, walPlace } from './wal-log.ts'

const ctx = quietContext()
const options: LogSinkOptions = { ...logOptions, source: 'shop', retryDelaysMs: [5, 20] }
const segmentBytes = 1 << 20

/** A segment as a follower gives it; its content does not matter here. */
function segment(number: number, sizeBytes = segmentBytes) {
  const name = segmentName(1, BigInt(number), segmentBytes)
  const startLsn = `0/${(number * segmentBytes).toString(16).toUpperCase()}`
  const endLsn = `0/${(number * segmentBytes + sizeBytes).toString(16).toUpperCase()}`
  const complete = sizeBytes === segmentBytes
  const known = { timeline: 1, segmentBytes, systemIdentifier: '7', commits: 0, restorePoints: [] }
  const facts: SegmentFacts = { name, startLsn, endLsn, complete, ...known }
  return { name, bytes: logBytes(number, sizeBytes), facts }
}

const lsn = (number: number, more = 0): bigint => BigInt(number * segmentBytes + more)

async function namesIn(repository: Repository): Promise<string[]> {
  return (await (await readLog(repository, walPlace('shop'), ctx)).allFiles(ctx)).map(({ name }) => name)
}

/** A repository whose store can be taken away. */
function fragile(): { repository: Repository; broken: boolean } {
  const state = { broken: false, repository: exampleRepository() }
  const backend = withFaultInjection(createMemoryBackend('fragile'), () => (state.broken ? 'permanent' : undefined))
  state.repository = { ...state.repository, backend }
  return state
}

describe('a log in several repositories', () => {
  test('is durable when it is so in all of them', async () => {
    const repositories = [exampleRepository(createMemoryBackend('a')), exampleRepository(createMemoryBackend('b'))]
    await using sink = createRepositoryLogSink(repositories, options)
    expect(await sink.resumeAt(ctx)).toBeUndefined()
    await sink.segment(segment(5), ctx)
    expect(sink.durable()).toBeUndefined()
    await sink.flush(ctx)
    expect(sink.durable()).toEqual({ timeline: 1, lsn: lsn(6) })
    await sink.tip(segment(6, 3000), ctx)
    expect(sink.durable()).toEqual({ timeline: 1, lsn: lsn(6, 3000) })
    for (const repository of repositories) expect(await namesIn(repository)).toEqual([segment(5).name, segment(6).name])
  })

  test('goes on from where it ended, with what is known of the segment before', async () => {
    const repository = exampleRepository()
    {
      await using sink = createRepositoryLogSink([repository], options)
      await sink.segment(segment(5), ctx)
      await sink.tip(segment(6, 3000), ctx)
    }
    await using next = createRepositoryLogSink([repository], options)
    expect(await next.resumeAt(ctx)).toEqual({
      position: { timeline: 1, lsn: lsn(6, 3000) },
      previous: segment(5).facts,
      systemIdentifier: '7',
    })
    expect(next.durable()).toEqual({ timeline: 1, lsn: lsn(6, 3000) })
  })

  test('waits for a repository that fails for a moment', async () => {
    const store = fragile()
    const events: Event[] = []
    const told = quietContext({
      emit(event) {
        events.push(event)
        // until somebody was told of it, and a little longer
        if (event.type === 'finding.noted') setTimeout(() => (store.broken = false), 50)
      },
    })
    await using sink = createRepositoryLogSink([store.repository], options)
    await sink.resumeAt(told)
    store.broken = true
    await sink.segment(segment(5), told)
    await sink.tip(segment(6, 100), told)
    expect(sink.durable()).toEqual({ timeline: 1, lsn: lsn(6, 100) })
    const codes = events.flatMap((event) => (event.type === 'finding.noted' ? [event.code] : []))
    expect(codes).toEqual(['LOG_STORE_FAILING'])
    expect(await namesIn(store.repository)).toEqual([segment(5).name, segment(6).name])
  })

  test('leaves one behind that fails for long, and brings it what it lacks when it works again', async () => {
    const store = fragile()
    const healthy = exampleRepository(createMemoryBackend('healthy'))
    const events: Event[] = []
    const told = quietContext({ emit: (event) => events.push(event) })
    const impatient = { ...options, leaveBehindAfterMs: 50, rejoinEveryMs: 10 }
    await using sink = createRepositoryLogSink([healthy, store.repository], impatient)
    await sink.segment(segment(5), told)
    await sink.flush(told)
    store.broken = true
    await sink.tip(segment(6, 500), told)
    await sink.segment(segment(6), told)
    await sink.segment(segment(7), told)
    await sink.flush(told)
    expect(sink.behind()).toEqual([store.repository])
    expect(sink.durable()).toEqual({ timeline: 1, lsn: lsn(8) })
    store.broken = false
    let size = 100
    await expect
      .poll(async () => {
        await sink.tip(segment(8, (size += 100)), told)
        return sink.behind().length
      })
      .toBe(0)
    expect(await namesIn(store.repository)).toEqual([5, 6, 7, 8].map((number) => segment(number).name))
    const codes = events.flatMap((event) => (event.type === 'finding.noted' ? [event.code] : []))
    expect(codes.filter((code) => code === 'LOG_STORE_BEHIND')).toHaveLength(1)
  })

  test('that one of them lacks at the start is brought to it before it counts', async () => {
    const [first, second] = [exampleRepository(createMemoryBackend('a')), exampleRepository(createMemoryBackend('b'))]
    {
      await using sink = createRepositoryLogSink([first], options)
      for (const number of [5, 6, 7]) await sink.segment(segment(number), ctx)
      await sink.batch(ctx)
    }
    await using sink = createRepositoryLogSink([first, second], { ...options, rejoinEveryMs: 1 })
    expect((await sink.resumeAt(ctx))?.position.lsn).toBe(lsn(8))
    expect(sink.behind()).toEqual([second])
    let size = 100
    await expect
      .poll(async () => {
        await sink.tip(segment(8, (size += 100)), ctx)
        return sink.behind().length
      })
      .toBe(0)
    expect(await namesIn(second)).toEqual([5, 6, 7, 8].map((number) => segment(number).name))
  })

  test('tells how long the database is known to be quiet', async () => {
    const repository = exampleRepository()
    await using sink = createRepositoryLogSink([repository], options)
    const until = walTimeOf(new Date())
    await sink.tip(segment(5, 3000), ctx)
    await sink.confirm({ timeline: 1, lsn: lsn(5, 3000) }, until, ctx)
    const [file] = await (await readLog(repository, walPlace('shop'), ctx)).allFiles(ctx)
    expect(file && segmentFactsOf(file)?.recoverableUntil).toBe(until)
  })
})

describe('a server’s WAL', () => {
  test('followed by one process after another, each stopped in mid-stream, lies in the repository byte for byte', async () => {
    await using server = await startPostgres({
      settings: { wal_keep_size: '4GB' },
      initdbArguments: ['--wal-segsize=1'],
    })
    await server.sql('CREATE TABLE load (id serial, text text)')
    const repository = exampleRepository()
    let written = 0n
    for (let round = 0; round < 4; round++) {
      const sink = createRepositoryLogSink([repository], { ...options, batchBytes: 3 << 20 })
      const stop = new AbortController()
      const following = follow(server, sink, stop.signal)
      await server.sql(`INSERT INTO load (text) SELECT md5(i::text) FROM generate_series(1, 30000) i`)
      const [row] = await server.sql('SELECT pg_current_wal_flush_lsn()')
      written = parseLsn(row?.[0] ?? '') ?? 0n
      await expect.poll(() => sink.durable()).toBeDefined()
      await pause(200)
      // not all of it, but for the last time
      if (round === 3) await untilReceived(server)
      stop.abort()
      expect((await following).durable?.lsn).toBeGreaterThan(0n)
      if (round % 2 === 1) await sink.batch(ctx)
      await sink[Symbol.asyncDispose]()
    }
    await expectSameAsServer(server, repository, written)
  })
})

function follow(server: PostgresServer, sink: RepositoryLogSink, signal: AbortSignal): Promise<FollowReport> {
  const own = quietContext({ signal })
  return followWal(server.target(), { slot: 'holdfast', sink, flushEveryMs: 200, watchEveryMs: 0 }, own)
}

async function expectSameAsServer(server: PostgresServer, repository: Repository, end: bigint): Promise<void> {
  const log = await readLog(repository, walPlace('shop'), ctx)
  let previousEnd: string | undefined
  for (const file of await log.allFiles(ctx)) {
    const facts = segmentFactsOf(file)
    if (facts === undefined) continue
    if (previousEnd !== undefined) expect(facts.startLsn).toBe(previousEnd)
    previousEnd = facts.endLsn
    const own = await readFile(join(server.dataDirectory, 'pg_wal', facts.name))
    const bytes = (await log.read(file, ctx)) ?? Buffer.alloc(0)
    expect(bytes.equals(own.subarray(0, bytes.length)), facts.name).toBe(true)
  }
  expect(parseLsn(previousEnd ?? '')).toBeGreaterThanOrEqual(end)
}
