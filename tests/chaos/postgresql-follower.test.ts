/**
 * A follower that is killed again and again, while the database is written to, rests, and dies once itself; then recoveries
 * to instants of all kinds. What comes back is exactly what was committed by then.
 * HOLDFAST_CHAOS_ROUNDS says how often it is killed (4), HOLDFAST_TEST_SEED when (7).
 */
import { chmod } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { type PostgresServer, startPostgres } from '@holdfast/connectors/postgresql/testing/postgres-server'
import type { TargetPoint } from '@holdfast/connectors/postgresql/wal/recoverable-log'
import { type Lsn, parseLsn } from '@holdfast/connectors/postgresql/wal/lsn'
import { type WalTime, walTimeOf } from '@holdfast/connectors/postgresql/wal/wal-time'
import { quietContext } from '@holdfast/core/context'
import { type SourceCoverage, readCoverage } from '@holdfast/orchestrator/log/read-coverage'
import { provePostgres } from '@holdfast/orchestrator/postgresql/prove'
import { randomInstant } from '@holdfast/orchestrator/postgresql/random-instant'
import { openRepository } from '@holdfast/repository/open/open-repository'
import type { Repository } from '@holdfast/repository/repository'
import { createLocalBackend } from '@holdfast/storage/local/local-backend'
import { describe, expect, test } from 'vitest'
import { type CliFixture, createCliFixture, password } from '../../apps/cli/src/cli-fixture.ts'
import { SeededRandom } from '../scenario/random.ts'
import { type KilledFollower, startFollower } from './killed-follower.ts'
import { loadDatabase, prepareLoad, type RecordedLoad, startLoad, truthAt } from './recorded-load.ts'

const ctx = quietContext()
// oxlint-disable-next-line node/no-process-env
const [givenRounds, givenSeed] = [process.env['HOLDFAST_CHAOS_ROUNDS'], process.env['HOLDFAST_TEST_SEED']]
const rounds = Number(givenRounds ?? 4)
const seed = Number(givenSeed ?? 7)
const instantCount = Math.max(3, Math.floor(rounds / 5))
const sessions = 4
const source = ['--source', 'shop']

describe('a follower that is killed at random under load', () => {
  test(`loses nothing, and lets nothing back that was not there yet (${rounds} times, seed ${seed})`, async () => {
    const random = new SeededRandom(seed)
    await using site = await openSite(random)
    const { load, server } = site
    const killedAt: WalTime[] = []
    for (let round = 0; round < rounds; round++) {
      if (round === Math.floor(rounds / 2)) await crash(site)
      if (rounds > 20 && round === Math.floor(rounds / 3)) await backUp(site)
      if (random.below(5) === 0) load.rest(500 + random.below(2500))
      killedAt.push(await killOnce(site, `round ${round}`))
    }
    await server.sql('SELECT pg_switch_wal()')
    const last = startFollower(site.fixture, site.words)
    await pause(1500)
    await load.stop()
    const restsAt = await clockOf(server)
    await expect.poll(() => claimOf(last)).toSatisfy((claim: WalTime) => claim > restsAt)
    last.ask()
    expect(await last.ended, last.output()).toBe(0)

    const { coverage } = await coverageOf(site)
    expect(coverage?.gaps).toEqual([])
    const commits = load.commits.flat()
    expect(commits.length, 'commits').toBeGreaterThan(100 * Math.min(rounds, 20))
    const newest = coverage?.newest ?? ''
    const instants = [
      newest,
      ...Array.from({ length: instantCount - 1 }, (_, index): WalTime => {
        if (index % 3 === 0) return near(random.pick(killedAt), coverage?.oldest ?? '', newest, random)
        if (index % 3 === 1) return randomInstant(coverage?.ranges ?? [], () => random.next()) ?? newest
        return random.pick(commits.filter(({ notAfter }) => notAfter > (coverage?.oldest ?? ''))).notAfter
      }),
    ]
    const rows = commits.reduce((sum, { parts }) => sum + parts, 0)
    process.stdout.write(
      `killed ${rounds} times; ${commits.length} commits, ${rows} rows; ${site.longestLagMs} ms behind\n`,
    )
    // what the followers said is still so, and at the end all of it is there
    // (a slow machine may have killed each of them before it said anything)
    const claims = site.claimed >= (coverage?.oldest ?? '') ? [site.claimed] : []
    for (const at of [...claims, ...instants]) await expectExactly(site, at)
    await expectExactly(site, restsAt, { type: 'latest' })
  }, 3_600_000)
})

interface Site extends AsyncDisposable {
  readonly random: SeededRandom
  readonly fixture: CliFixture
  readonly server: PostgresServer
  readonly repository: Repository
  readonly load: RecordedLoad
  readonly words: readonly string[]
  /** the newest instant that a follower said to be recoverable */
  claimed: WalTime
  /** the furthest position that a follower said to be stored, to the server or to us */
  durable: Lsn
  /** how far behind the server's clock that was at most when a follower that had streamed was killed */
  longestLagMs: number
}

/** A server under load with one base backup, and a slot that keeps what is written from before it on. */
async function openSite(random: SeededRandom): Promise<Site> {
  const cleaning = new AsyncDisposableStack()
  const fixture = cleaning.use(await createCliFixture())
  await fixture.init()
  // scratch servers run as another user when the test is root
  await chmod(fixture.directory, 0o755)
  const settings = { max_wal_size: '64MB', checkpoint_timeout: '30s', wal_keep_size: 0 }
  // small segments: many of them, and of their ends, in a short time
  const server = cleaning.use(await startPostgres({ settings, initdbArguments: ['--wal-segsize=1'] }))
  const repository = await openRepository(createLocalBackend(fixture.repository), password, {}, ctx)
  cleaning.defer(async () => await repository.backend[Symbol.asyncDispose]())
  await prepareLoad(server, sessions)
  const words = [server.url(), ...source, '--flush-every', '500ms']
  const load = startLoad(server, sessions, seed)
  cleaning.defer(async () => await load.stop().catch(() => {}))
  const dispose = cleaning.move()
  const site = { random, fixture, server, repository, load, words, claimed: '', durable: 0n, longestLagMs: 0 }
  const first = startFollower(fixture, words)
  await expect.poll(() => claimOf(first)).not.toBe('')
  await first.kill()
  await backUp(site)
  return { ...site, [Symbol.asyncDispose]: async () => await dispose[Symbol.asyncDispose]() }
}

async function backUp({ fixture, server }: Pick<Site, 'fixture' | 'server'>): Promise<void> {
  const made = await fixture.run(['backup', server.url(), ...source])
  expect(made, made.stderr).toMatchObject({ exitCode: 0 })
}

/** One life of a follower. What an earlier one said to be safe is so, and no instant since the backup was lost. */
async function killOnce(site: Site, what: string): Promise<WalTime> {
  const { random, fixture, words } = site
  const follower = startFollower(fixture, words)
  // from its first steps to many flushes
  await pause(random.below(4) === 0 ? random.below(800) : 600 + random.below(2400))
  if (random.below(5) === 0) {
    // in the middle of the batch that it ends with
    follower.ask()
    await pause(random.below(400))
  }
  const at = await clockOf(site.server)
  await follower.kill()
  // it came to its own end, was interrupted before it followed, or was killed
  expect([0, 130, null], `${what}: ${follower.output()}`).toContain(await follower.ended)
  const claim = claimOf(follower)
  if (claim > site.claimed) site.claimed = claim
  if (claim !== '') site.longestLagMs = Math.max(site.longestLagMs, Date.parse(at) - Date.parse(claim))
  // what the server was told is sharper than what was printed: it hears of each flush at once, and may forget WAL by it
  for (const durable of [lsnOf(valuesOf(follower, 'durable').at(-1)), await acknowledgedTo(site.server)]) {
    if (durable > site.durable) site.durable = durable
  }
  const { coverage } = await coverageOf(site)
  // from the end of the log to a base backup that is newer there is one until a follower has caught up
  const lost = coverage?.gaps.filter(({ fromLsn }) => lsnOf(fromLsn) < site.durable)
  expect(lost, what).toEqual([])
  expect(lsnOf(coverage?.ranges.at(-1)?.untilLsn), `${what}: the end of what is stored`).toBeGreaterThanOrEqual(
    site.durable,
  )
  return at
}

/** The server and the follower meet a crash of the server; the follower goes on by itself. */
async function crash({ fixture, server, words }: Site): Promise<void> {
  const follower = startFollower(fixture, words)
  await expect.poll(() => claimOf(follower)).not.toBe('')
  await server.kill()
  await pause(300)
  await server.start()
  const back = await clockOf(server)
  await expect.poll(() => claimOf(follower)).toSatisfy((claim: WalTime) => claim > back)
  await follower.kill()
}

async function expectExactly(
  { repository, server, fixture, load }: Site,
  at: WalTime,
  stop: TargetPoint = { type: 'time', at },
): Promise<void> {
  const truths = truthAt(load.commits, at)
  const request = {
    source: 'shop',
    target: { stop },
    targetText: at,
    expectation: {
      assertions: truths.map((sql) => ({ sql, database: loadDatabase })),
      relations: [],
      unique: [],
    },
    binaries: { directories: [server.binDirectory], path: '' },
    sandboxParent: fixture.directory,
    workers: 2,
  } as const
  const proof = await provePostgres(repository, request, ctx)
  const failures = proof.checks.filter(({ verdict }) => verdict === 'failed')
  expect([at, failures.map(({ name, evidence }) => `${name}: ${evidence}`)]).toEqual([at, []])
  const assertions = proof.checks.filter(({ name }) => name === 'assertion')
  expect(assertions, 'every query was asked').toHaveLength(truths.length)
  process.stdout.write(`${at}: recovered in ${proof.recoveryMs} ms, ${proof.walBytes} bytes of WAL\n`)
}

async function coverageOf({ repository }: Pick<Site, 'repository'>): Promise<SourceCoverage> {
  return await readCoverage(repository, 'shop', 'latest', ctx)
}

/** Up to when everything is recoverable, as a follower says; "" when it has not said anything yet. */
function claimOf(follower: KilledFollower): WalTime {
  return valuesOf(follower, 'recoverable_until').at(-1) ?? ''
}

function valuesOf(follower: KilledFollower, field: string): string[] {
  return follower
    .messages()
    .map((message) => message[field])
    .filter((value) => typeof value === 'string')
}

/** Up to where the server may throw WAL away. A slot that was just made is at a position that nobody acknowledged. */
async function acknowledgedTo(server: PostgresServer): Promise<Lsn> {
  const [row] = await server.sql(`SELECT restart_lsn FROM pg_replication_slots WHERE slot_name = 'holdfast_shop'`)
  return lsnOf(row?.[0] ?? undefined)
}

function lsnOf(text: string | undefined): Lsn {
  return parseLsn(text ?? '0/0') ?? 0n
}

async function clockOf(server: PostgresServer): Promise<WalTime> {
  const sql = `SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`
  return (await server.sql(sql)).at(-1)?.[0] ?? ''
}

/** Within half a second of an instant, and not outside of what is covered. */
function near(at: WalTime, oldest: WalTime, newest: WalTime, random: SeededRandom): WalTime {
  const moved = walTimeOf(new Date(Date.parse(at) - 500 + random.below(1000)))
  return moved < oldest ? oldest : moved > newest ? newest : moved
}
