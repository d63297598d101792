import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { isAppError } from '@holdfast/core/errors/app-error'
import { describe, expect, it } from 'vitest'
import { hasPostgres, startPostgres } from '../testing/postgres-server.ts'
import { formatLsn, parseLsn } from './lsn.ts'
import { memoryLogSink } from './testing/memory-log-sink.ts'
import { walTimeOf } from './wal-time.ts'

import {
  expectContiguous,
  expectSameAsServer,
  filesOf,
  follow,
  keepAll,
  pgbench,
  position,
  run,
  until,
  untilDurable,
  watchLateness,
} from './testing/followed-server.ts'
describe('following WAL', () => {
  it('stores segments byte for byte as the server has them, under load', async () => {
    await using server = await startPostgres({ settings: keepAll })
    await using followed = follow(server.target())
    await pgbench(server, '-i', '-s', '3', '-q')
    await pgbench(server, '-T', '3', '-R', '1500', '-c', '4', '-n')
    await untilDurable(server, followed)
    const report = await followed.stop()
    expect(expectSameAsServer(server, followed.sink)).toBeGreaterThan(1)
    expectContiguous(followed.sink)
    expect(report.durable?.lsn).toBeGreaterThanOrEqual(await position(server))
    expect(followed.findings()).toEqual([])
    const [slot] = await server.sql(`SELECT restart_lsn FROM pg_replication_slots WHERE slot_name = 'holdfast'`)
    expect(parseLsn(slot?.[0] ?? '')).toBe(report.durable?.lsn)
  })

  it('knows the time of every commit as the server does', async () => {
    await using server = await startPostgres({ settings: { ...keepAll, max_prepared_transactions: 5 } })
    await using followed = follow(server.target())
    await pgbench(server, '-i', '-s', '1', '-q')
    await pgbench(server, '-T', '2', '-R', '1500', '-c', '4', '-n')
    await server.sql(`BEGIN; CREATE TABLE prepared (id int); PREPARE TRANSACTION 'p'`)
    // before the commit: alone it is written to disk some time later only
    await server.sql(`SELECT pg_create_restore_point('before the end')`)
    await server.sql(`COMMIT PREPARED 'p'`)
    await untilDurable(server, followed)
    await followed.stop()
    const all = filesOf(followed.sink).map(({ facts }) => facts)
    const [last] = await server.sql(
      `SELECT to_char(max(pg_xact_commit_timestamp(xid::text::xid)) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
       FROM generate_series(${all.find((each) => each.firstXid !== undefined)?.firstXid ?? 3}, ${all.findLast((each) => each.lastXid !== undefined)?.lastXid ?? 3}) AS xid`,
    )
    expect(
      all
        .map((each) => each.lastCommitAt ?? '')
        .sort()
        .at(-1),
    ).toBe(last?.[0])
    const dump = await run(
      join(server.binDirectory, 'pg_waldump'),
      [
        '-p',
        join(server.dataDirectory, 'pg_wal'),
        '-r',
        'Transaction',
        '-s',
        all[0]?.startLsn ?? '',
        '-e',
        all.at(-1)?.endLsn ?? '',
      ],
      { maxBuffer: 1 << 28 },
    ).catch((error: { stdout: string }) => error)
    expect(all.reduce((sum, each) => sum + each.commits, 0)).toBe(dump.stdout.match(/desc: COMMIT/g)?.length)
    expect(all.flatMap((each) => each.restorePoints.map((point) => point.name))).toEqual(['before the end'])
  })

  it('knows up to which instant nothing is missing, also while the database is quiet', async () => {
    await using server = await startPostgres()
    await using followed = follow(server.target())
    await server.sql('CREATE TABLE quiet (id int)')
    await untilDurable(server, followed)
    const { confirmed } = followed.sink
    await until('a quiet instant is confirmed twice', () => confirmed.length > 1)
    const before = await position(server)
    const [row] = await server.sql(
      `INSERT INTO quiet VALUES (1) RETURNING to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`,
    )
    await untilDurable(server, followed)
    await until('an instant after the commit is confirmed', () => (confirmed.at(-1)?.until ?? '') > (row?.[0] ?? ''))
    // None as long as the commit was not stored.
    expect(confirmed.filter((each) => each.until > (row?.[0] ?? '') && each.lsn <= before)).toEqual([])
    // Nothing new, nothing written; now and then the server writes something on its own account.
    for (let isQuiet = false; !isQuiet;) {
      await untilDurable(server, followed)
      const [tips, known, lsn] = [followed.sink.tips.length, confirmed.length, await position(server)]
      await until('a quiet instant is confirmed twice more', () => confirmed.length > known + 1)
      isQuiet = (await position(server)) === lsn
      if (isQuiet) expect(followed.sink.tips.length).toBe(tips)
    }
    const report = await followed.stop()
    expect((report.recoverableUntil ?? '') > (row?.[0] ?? '')).toBe(true)
    expect((report.recoverableUntil ?? '') <= walTimeOf(new Date(Date.now() + 1))).toBe(true)
  })

  it('has a commit in the sink within the bound', async () => {
    await using server = await startPostgres()
    await using followed = follow(server.target(), { flushEveryMs: 1000 })
    await server.sql('CREATE TABLE one (id int)')
    await untilDurable(server, followed)
    await using lateness = await watchLateness(server)
    for (let round = 0; round < 3; round++) {
      await server.sql('INSERT INTO one VALUES (1)')
      const [committedAt, lateMs] = [Date.now(), lateness.ms()]
      await untilDurable(server, followed)
      const storedAt = followed.sink.tips.at(-1)?.atMs ?? 0
      expect(storedAt - committedAt).toBeLessThan(1250 + lateness.ms() - lateMs)
    }
    expect(followed.sink.tips.length).toBeLessThan(8)
  })

  it.each([13, 14, 16, 17, 18])('works with PostgreSQL %i', async (major) => {
    if (!(await hasPostgres(major))) return
    await using server = await startPostgres({ major, settings: keepAll, initdbArguments: ['--wal-segsize=1'] })
    await using followed = follow(server.target())
    await server.sql('CREATE TABLE one AS SELECT generate_series(1, 50000)')
    for (let round = 0; round < 20; round++) await server.sql('INSERT INTO one VALUES (1)')
    await server.sql(`SELECT pg_create_restore_point('here')`)
    // which alone is written to disk some time later only
    await server.sql('INSERT INTO one VALUES (1)')
    const [last] = await server.sql(
      `SELECT to_char((pg_last_committed_xact()).timestamp AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`,
    )
    await untilDurable(server, followed)
    await followed.stop()
    expect(expectSameAsServer(server, followed.sink)).toBeGreaterThan(2)
    const all = filesOf(followed.sink).map(({ facts }) => facts)
    expect(all.findLast((each) => each.lastCommitAt !== undefined)?.lastCommitAt).toBe(last?.[0])
    expect(all.flatMap((each) => each.restorePoints.map((point) => point.name))).toEqual(['here'])
    expect(followed.findings()).toEqual([])
  })

  it('goes on after a restart, a crash and a killed session, with nothing missing', async () => {
    await using server = await startPostgres({ settings: keepAll })
    await using followed = follow(server.target())
    await pgbench(server, '-i', '-s', '2', '-q')
    await untilDurable(server, followed)
    const startedAt = Date.now()
    await server.stop('fast')
    // The server waits for the follower to have flushed everything: it must not wait for the next bound or a timeout.
    expect(Date.now() - startedAt).toBeLessThan(20_000)
    await server.start()
    await pgbench(server, '-t', '500', '-c', '2', '-n')
    await server.kill()
    await server.start()
    for (let round = 0; round < 5; round++) {
      await pgbench(server, '-t', '200', '-c', '2', '-n')
      await server.sql('SELECT pg_terminate_backend(pid) FROM pg_stat_replication')
    }
    await until(
      'it is connected again',
      async () => (await server.sql('SELECT 1 FROM pg_stat_replication')).length === 1,
    )
    await untilDurable(server, followed)
    await followed.stop()
    expectSameAsServer(server, followed.sink)
    expectContiguous(followed.sink)
    expect(followed.sink.gaps).toEqual([])
  })

  it('follows a promoted standby on its new timeline', async () => {
    await using server = await startPostgres({ settings: keepAll })
    await pgbench(server, '-i', '-s', '2', '-q')
    await using standby = await server.standby()
    const hosts = [...server.target().hosts, ...standby.target().hosts]
    await using followed = follow({ ...server.target(), hosts, sessionWanted: 'any' })
    await pgbench(server, '-t', '500', '-c', '2', '-n')
    await untilDurable(server, followed)
    const lsn = formatLsn(await position(server))
    await until('the standby has everything', async () => {
      const [row] = await standby.sql(`SELECT pg_last_wal_replay_lsn() >= '${lsn}'`)
      return row?.[0] === 't'
    })
    await server.kill()
    await standby.promote()
    await pgbench(standby, '-t', '500', '-c', '2', '-n')
    await untilDurable(standby, followed)
    await followed.stop()
    expect([...followed.sink.histories.keys()]).toEqual(['00000002.history'])
    expect(followed.sink.durable()?.timeline).toBe(2)
    expect(followed.sink.gaps).toEqual([])
    expect(followed.findings()).toContain('POSTGRES_SLOT_VANISHED')
    expectContiguous(followed.sink)
    expect(followed.sink.histories.get('00000002.history')).toBe(
      readFileSync(join(standby.dataDirectory, 'pg_wal', '00000002.history'), 'utf8'),
    )
    for (const { name, bytes } of [...followed.sink.files.values()].filter((file) => file.facts.timeline === 2)) {
      expect(Buffer.compare(readFileSync(join(standby.dataDirectory, 'pg_wal', name)), bytes), name).toBe(0)
    }
  })

  it('tells of transactions that a promoted standby does not have', async () => {
    await using server = await startPostgres({ settings: keepAll })
    await using standby = await server.standby()
    await standby.sql('SELECT 1')
    const hosts = [...server.target().hosts, ...standby.target().hosts]
    await using followed = follow({ ...server.target(), hosts })
    await server.sql('CREATE TABLE kept (id int)')
    await untilDurable(server, followed)
    await standby.sql('SELECT pg_wal_replay_pause()')
    await standby.stop('fast')
    await pgbench(server, '-i', '-s', '2', '-q')
    await untilDurable(server, followed)
    await server.kill()
    await standby.start()
    await standby.promote()
    await standby.sql('CREATE TABLE after (id int)')
    await until('timeline 2 is followed', () => followed.sink.durable()?.timeline === 2)
    await untilDurable(standby, followed)
    await followed.stop()
    expect(followed.findings()).toContain('POSTGRES_TIMELINE_FORKED')
    const own = filesOf(followed.sink).filter((file) => file.facts.timeline === 2)
    for (const { name, bytes } of own) {
      const file = readFileSync(join(standby.dataDirectory, 'pg_wal', name))
      expect(Buffer.compare(file.subarray(0, bytes.length), bytes), name).toBe(0)
    }
  })

  it('records a gap when the slot was dropped and WAL has gone meanwhile, and goes on behind it', async () => {
    await using server = await startPostgres({
      settings: { max_wal_size: '32MB', min_wal_size: '32MB', wal_keep_size: 0 },
    })
    const sink = memoryLogSink()
    await using before = follow(server.target(), { sink })
    await server.sql('CREATE TABLE one (id int)')
    await untilDurable(server, before)
    const end = (await before.stop()).durable
    await server.sql(`SELECT pg_drop_replication_slot('holdfast')`)
    for (let round = 0; round < 4; round++)
      await server.sql(
        'CREATE TABLE IF NOT EXISTS two (id int); INSERT INTO two VALUES (1); SELECT pg_switch_wal(); CHECKPOINT',
      )
    await server.sql('CHECKPOINT')
    await using after = follow(server.target(), { sink })
    await until('there is a gap', () => sink.gaps.length === 1)
    await server.sql('CREATE TABLE three (id int)')
    await untilDurable(server, after)
    await after.stop()
    expect(sink.gaps[0]).toMatchObject({ from: end, reason: 'wal-removed' })
    expect(after.findings()).toEqual(expect.arrayContaining(['POSTGRES_SLOT_VANISHED', 'POSTGRES_WAL_GAP']))
    expect(after.finding('POSTGRES_WAL_GAP')?.hint).toContain('base backup')
  })

  it('warns of a slot in danger, and makes it anew with a gap when the server has given it up', async () => {
    const settings = { max_wal_size: '32MB', min_wal_size: '32MB', wal_keep_size: 0, max_slot_wal_keep_size: '16MB' }
    await using server = await startPostgres({ settings })
    let isOpen = true
    const sink = memoryLogSink({
      async before() {
        while (!isOpen) await pause(20)
      },
    })
    await using followed = follow(server.target(), { sink, watchEveryMs: 100, stallLimitMs: 1000 })
    await server.sql('CREATE TABLE one (id int)')
    await untilDurable(server, followed)
    isOpen = false
    const writeSegment = async (): Promise<void> => {
      for (const text of ['INSERT INTO one VALUES (1); SELECT pg_switch_wal()', 'CHECKPOINT']) await server.sql(text)
    }
    await until('it is warned', async () => {
      await writeSegment()
      return followed.findings().includes('POSTGRES_SLOT_ENDANGERED')
    })
    // more than is on its way to a follower that does not take it (five at most) and the server keeps (two): else nothing is missing
    for (let segment = 0; segment < 10; segment++) await writeSegment()
    isOpen = true
    await until('there is a gap', () => sink.gaps.length > 0)
    await server.sql('INSERT INTO one VALUES (1)')
    await untilDurable(server, followed)
    const [slot] = await server.sql(`SELECT wal_status FROM pg_replication_slots WHERE slot_name = 'holdfast'`)
    expect(slot).toEqual(['reserved'])
  })

  it('does not hold up the server’s checkpoints while its sink takes nothing', async () => {
    const settings = { max_wal_size: '2GB', wal_keep_size: 0, max_slot_wal_keep_size: '32MB' }
    await using server = await startPostgres({ settings })
    let isOpen = true
    const sink = memoryLogSink({
      async before() {
        while (!isOpen) await pause(20)
      },
    })
    await using followed = follow(server.target(), { sink, stallLimitMs: 1000 })
    await server.sql('CREATE TABLE one (id int)')
    await untilDurable(server, followed)
    isOpen = false
    try {
      // more than is on its way to a follower at most
      for (let round = 0; round < 10; round++) await server.sql('INSERT INTO one VALUES (1); SELECT pg_switch_wal()')
      const startedAt = Date.now()
      // gives up the slot, for which its session must have ended
      await Promise.race([server.sql('CHECKPOINT'), pause(90_000, undefined, { ref: false })])
      expect(Date.now() - startedAt).toBeLessThan(30_000)
    } finally {
      isOpen = true
    }
    await until('there is a gap', () => sink.gaps.length > 0)
    await server.sql('INSERT INTO one VALUES (1)')
    await untilDurable(server, followed)
  })

  it("stopped and started at any moment leaves contiguous WAL, equal to the server's", async () => {
    await using server = await startPostgres({ settings: keepAll, initdbArguments: ['--wal-segsize=1'] })
    await pgbench(server, '-i', '-s', '1', '-q')
    const load = pgbench(server, '-T', '8', '-R', '600', '-c', '2', '-n')
    const sink = memoryLogSink()
    const end = Date.now() + 8000
    while (Date.now() < end) {
      await using followed = follow(server.target(), { sink, flushEveryMs: 200 })
      await pause(Math.random() * 600)
      await followed.stop()
    }
    await load
    await using last = follow(server.target(), { sink })
    await untilDurable(server, last)
    await last.stop()
    expectSameAsServer(server, sink)
    expectContiguous(sink, 1 << 20)
    expect(sink.gaps).toEqual([])
    const commits = filesOf(sink).reduce((sum, { facts }) => sum + facts.commits, 0)
    const first = [...sink.files.values()][0]?.facts.startLsn ?? ''
    const dump = await run(
      join(server.binDirectory, 'pg_waldump'),
      [
        '-p',
        join(server.dataDirectory, 'pg_wal'),
        '-r',
        'Transaction',
        '-s',
        first,
        '-e',
        formatLsn(sink.durable()?.lsn ?? 0n),
      ],
      { maxBuffer: 1 << 28 },
    ).catch((error: { stdout: string }) => error)
    expect(commits).toBe(dump.stdout.match(/desc: COMMIT/g)?.length)
  })

  it('waits for a slow sink with bounded memory, and keeps the session alive', async () => {
    await using server = await startPostgres({ settings: { ...keepAll, wal_sender_timeout: '6s' } })
    let waiting = 0
    const sink = memoryLogSink({
      before: async (call) => {
        if (call === 'segment') {
          waiting++
          await pause(waiting < 3 ? 8000 : 0)
        }
      },
    })
    await using followed = follow(server.target(), { sink })
    await pgbench(server, '-i', '-s', '12', '-q')
    await untilDurable(server, followed)
    await followed.stop()
    expectSameAsServer(server, sink)
    expect(followed.findings()).toEqual([])
    expect(server.log()).not.toMatch(/terminating walsender process due to replication timeout/)
  })

  it('ends with the failure of its sink', async () => {
    await using server = await startPostgres()
    const sink = memoryLogSink({ before: () => Promise.reject(new Error('the disk is gone')) })
    await using followed = follow(server.target(), { sink })
    await server.sql('CREATE TABLE one (id int)')
    await expect(followed.ended).rejects.toThrow('the disk is gone')
  })

  it.each([
    ['another cluster', { systemIdentifier: '42' }, 'POSTGRES_OTHER_CLUSTER'],
    ['a name that is none for a slot', { slot: 'No Slot' }, 'ARGUMENT_INVALID'],
    ['a logical slot', { slot: 'logical' }, 'POSTGRES_SLOT_UNUSABLE'],
  ])('refuses %s', async (_what, options, code) => {
    await using server = await startPostgres({ settings: { wal_level: 'logical' } })
    await server
      .sql(`SELECT pg_create_logical_replication_slot('logical', 'test_decoding')`)
      .catch(() => server.sql(`SELECT pg_create_logical_replication_slot('logical', 'pgoutput')`))
    await using followed = follow(server.target(), options)
    await expect(followed.ended).rejects.toSatisfy((error) => isAppError(error) && error.code === code)
  })

  it('refuses a role without REPLICATION at once', async () => {
    await using server = await startPostgres()
    await server.sql('CREATE ROLE nobody LOGIN')
    await using followed = follow({ ...server.target(), user: 'nobody' })
    await expect(followed.ended).rejects.toSatisfy(
      (error) => isAppError(error) && error.code === 'POSTGRES_PRIVILEGE_MISSING',
    )
  })
})
