/**
 * A follower of a binary log that is killed again and again under load, while the server dies once and changes files; then
 * recoveries to instants by chance. What comes back is what was committed by then, whole transactions only.
 * HOLDFAST_CHAOS_ROUNDS says how often it is killed (4), HOLDFAST_TEST_SEED when (7).
 */
import { setTimeout as pause } from 'node:timers/promises'
import { connectMysql } from '@holdfast/connectors/mysql/connection/connect'
import { type MariadbServer, startMariadb } from '@holdfast/connectors/mysql/testing/mariadb-server'
import { quietContext } from '@holdfast/core/context'
import { readMysqlCoverage } from '@holdfast/orchestrator/mysql/read-mysql-coverage'
import { openRepository } from '@holdfast/repository/open/open-repository'
import { createLocalBackend } from '@holdfast/storage/local/local-backend'
import { expect, test } from 'vitest'
import { createCliFixture, password } from '../../apps/cli/src/cli-fixture.ts'
import { SeededRandom } from '../scenario/random.ts'
import { type KilledFollower, startFollower } from './killed-follower.ts'
import { type LastingSession, startSessions } from './lasting-sessions.ts'

const ctx = quietContext()
// oxlint-disable-next-line node/no-process-env
const [givenRounds, givenSeed] = [process.env['HOLDFAST_CHAOS_ROUNDS'], process.env['HOLDFAST_TEST_SEED']]
const rounds = Number(givenRounds ?? 4)
const seed = Number(givenSeed ?? 7)
const sessions = 3

interface Commit {
  readonly n: number
  /** readings of the server's clock that it lies between */
  readonly notBefore: string
  readonly notAfter: string
}

test(`a killed follower loses nothing of a binary log (${rounds} times, seed ${seed})`, async () => {
  const random = new SeededRandom(seed)
  await using fixture = await createCliFixture()
  await fixture.init()
  const durable = ['--innodb-flush-log-at-trx-commit=2', '--sync-binlog=0', '--max-binlog-size=65536']
  await using server = await startMariadb({ arguments: durable })
  await using fresh = await startMariadb({ serverId: 2, binlog: '' })
  await server.sql([
    'CREATE DATABASE shop',
    'CREATE TABLE shop.entry (session int, n int, filling varchar(4000), PRIMARY KEY (session, n))',
    'CREATE TABLE shop.tally (session int PRIMARY KEY, n int)',
    `INSERT INTO shop.tally SELECT seq, 0 FROM shop.seq_1_to_${sessions}`,
  ])
  const source = ['--source', 'shop']
  const made = await fixture.run(['backup', server.url(), ...source])
  expect(made.exitCode, made.stderr).toBe(0)
  const load = startSessions<Commit>(sessions, (session) => runSession(server, session))
  const words = [server.url(), ...source, '--flush-every', '300ms']
  for (let round = 0; round < rounds; round++) {
    const follower = startFollower(fixture, words)
    await expect.poll(() => claimOf(follower)).not.toBe('')
    await pause(random.below(1500))
    if (round === 1) {
      await server.kill()
      await server.start()
    }
    await follower.kill()
  }
  const last = startFollower(fixture, words)
  await pause(1500)
  await load.stop()
  const [[restsAt = ''] = []] = await server.sql("SELECT REPLACE(CONCAT(UTC_TIMESTAMP(6), 'Z'), ' ', 'T')")
  await server.sql('UPDATE shop.tally SET n = n')
  await server.sql('FLUSH BINARY LOGS')
  await expect.poll(() => claimOf(last)).toSatisfy((claim: string) => claim > (restsAt ?? ''))
  last.ask()
  expect(await last.ended, last.output()).toBe(0)

  const repository = await openRepository(createLocalBackend(fixture.repository), password, {}, ctx)
  const { coverage } = await readMysqlCoverage(repository, 'shop', ctx)
  expect(coverage?.gaps).toEqual([])
  expect(coverage?.ranges).toHaveLength(1)
  const [fromMs, untilMs] = [Date.parse(coverage?.oldest ?? '') + 1000, Date.parse(coverage?.newest ?? '')]
  const instants = [untilMs, fromMs + (untilMs - fromMs) * random.next(), fromMs + (untilMs - fromMs) * random.next()]
  const count = load.commits.reduce((sum, own) => sum + own.length, 0)
  process.stdout.write(`killed ${rounds} times; ${count} commits in ${Math.round((untilMs - fromMs) / 1000)} s\n`)
  expect(count).toBeGreaterThan(100)
  for (const ms of instants) {
    const at = new Date(ms).toISOString()
    const into = [
      'restore',
      'shop',
      '--into-server',
      fresh.url(),
      '--confirm',
      'shop',
      '--no-safety-backup',
      '--at',
      at,
    ]
    const restored = await fixture.run(into)
    expect(restored.exitCode, restored.stdout + restored.stderr).toBe(0)
    await expectExactly(fresh, load.commits, at)
  }
}, 3_600_000)

/** By then in time order: all of the earlier commits, none of a later second, and no half of one. */
async function expectExactly(
  server: MariadbServer,
  commits: readonly (readonly Commit[])[],
  at: string,
): Promise<void> {
  const rows = await server.sql(
    `SELECT t.session, t.n, (SELECT COUNT(*) FROM shop.entry e WHERE e.session = t.session),
      (SELECT COALESCE(MAX(n), 0) FROM shop.entry e WHERE e.session = t.session) FROM shop.tally t ORDER BY 1`,
  )
  for (const [session, tally, entries, newest] of rows) {
    const own = commits[Number(session) - 1] ?? []
    const n = Number(tally)
    expect([Number(entries), Number(newest)], `session ${session} at ${at}`).toEqual([n, n])
    const least = own.filter(({ notAfter }) => notAfter <= at).length
    const most = own.filter(({ notBefore }) => notBefore.slice(0, 19) <= at.slice(0, 19)).length
    expect(n, `session ${session} at ${at}: ${least} to ${most}`).toBeGreaterThanOrEqual(least)
    // one whose answer was lost with the server may have been committed
    expect(n, `session ${session} at ${at}: ${least} to ${most}`).toBeLessThanOrEqual(most)
  }
}

function claimOf(follower: KilledFollower): string {
  const claims = follower
    .messages()
    .flatMap((message) => (typeof message['recoverable_until'] === 'string' ? [message['recoverable_until']] : []))
  return claims.at(-1) ?? ''
}

async function runSession(
  server: MariadbServer,
  { number: session, done, isStopped }: LastingSession<Commit>,
): Promise<void> {
  await using connection = await connectMysql(server.target(), ctx)
  const clock = async (): Promise<string> =>
    (await connection.value("SELECT REPLACE(CONCAT(UTC_TIMESTAMP(6), 'Z'), ' ', 'T')", ctx)) ?? ''
  // how the last commit before a crash ended is only known now
  const known = Number(await connection.value(`SELECT n FROM shop.tally WHERE session = ${session}`, ctx))
  const lost = done.length < known ? await clock() : ''
  if (lost !== '') done.push({ n: known, notBefore: done.at(-1)?.notAfter ?? '', notAfter: lost })
  while (!isStopped()) {
    const n = done.length + 1
    const notBefore = await clock()
    await connection.query('BEGIN', ctx)
    await connection.query(`INSERT INTO shop.entry VALUES (${session}, ${n}, REPEAT('x', ${(n * 37) % 4000}))`, ctx)
    await connection.query(`UPDATE shop.tally SET n = ${n} WHERE session = ${session}`, ctx)
    await connection.query('COMMIT', ctx)
    done.push({ n, notBefore, notAfter: await clock() })
    await pause(5)
  }
}
