/**
 * Sessions that commit rows and write down between which two readings of the server's clock each commit lies. So it can be
 * said of any instant what must have been there, what must not, and what may have been.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { connectPostgres } from '@holdfast/connectors/postgresql/connection/connect'
import type { PostgresConnection } from '@holdfast/connectors/postgresql/connection/connection'
import type { PostgresServer } from '@holdfast/connectors/postgresql/testing/postgres-server'
import type { WalTime } from '@holdfast/connectors/postgresql/wal/wal-time'
import { quietContext } from '@holdfast/core/context'
import { SeededRandom } from '../scenario/random.ts'
import { type LastingSession, type LastingSessions, startSessions } from './lasting-sessions.ts'

/** The n-th commit of a session: it happened after one reading of the server's clock and before the other. */
export interface RecordedCommit {
  readonly n: number
  readonly parts: number
  readonly notBefore: WalTime
  readonly notAfter: WalTime
}

export interface RecordedLoad extends LastingSessions<RecordedCommit> {
  /** Nothing is committed for so long: a quiet database is a case of its own. */
  rest(durationMs: number): void
}

export const loadDatabase = 'shop'
const clock = `to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`
/** The value of a row tells which row it is, so that rows that come back can be compared with themselves. */
const valueOf = (session: string, n: string, part: string): string =>
  `md5(${session} || ':' || ${n} || ':' || ${part}) || repeat('filling ', 1 + (${n} * 37) % 300)`

export async function prepareLoad(server: PostgresServer, sessions: number): Promise<void> {
  await server.sql(`CREATE DATABASE ${loadDatabase}`)
  await server.sql(
    `CREATE TABLE entries (session int, n int, part int, value text NOT NULL, PRIMARY KEY (session, n, part));
     CREATE TABLE tallies (session int PRIMARY KEY, commits int NOT NULL, parts int NOT NULL);
     ALTER TABLE entries ALTER value SET STORAGE EXTERNAL;
     INSERT INTO tallies SELECT s, 0, 0 FROM generate_series(1, ${sessions}) s`,
    loadDatabase,
  )
}

/** When the server is gone, the sessions wait until it is back, and find out how their last commit ended. */
export function startLoad(server: PostgresServer, sessions: number, seed: number): RecordedLoad {
  const randoms = Array.from({ length: sessions }, (_, index) => new SeededRandom(seed * 100 + index))
  const state = { restUntilMs: 0 }
  const load = startSessions<RecordedCommit>(sessions, async (session) => {
    const random = randoms[session.number - 1]
    if (random !== undefined) await runSession(server, { ...session, random, state })
  })
  return {
    ...load,
    rest(durationMs) {
      state.restUntilMs = performance.now() + durationMs
    },
  }
}

interface Session extends LastingSession<RecordedCommit> {
  readonly random: SeededRandom
  readonly state: { readonly restUntilMs: number }
}

async function runSession(server: PostgresServer, session: Session): Promise<void> {
  const { number, done, random, state } = session
  const ctx = quietContext()
  await using connection = await connectPostgres(server.target(loadDatabase), { searchPath: 'role' }, ctx)
  await settleLast(connection, session)
  while (!session.isStopped()) {
    const n = done.length + 1
    const parts = 1 + random.below(3)
    if (random.below(8) === 0) {
      await connection.query(`BEGIN; ${insertion(number, -n, parts)}; ROLLBACK`, ctx)
    }
    const results = await connection.query(
      `BEGIN; ${insertion(number, n, parts)};
       UPDATE tallies SET commits = commits + 1, parts = parts + ${parts} WHERE session = ${number};
       SELECT ${clock}; COMMIT; SELECT ${clock}`,
      ctx,
    )
    const [notBefore = '', notAfter = ''] = results.flatMap(({ rows }) => rows.flat()).map((value) => value ?? '')
    done.push({ n, parts, notBefore, notAfter })
    await pause(random.below(25))
    while (performance.now() < state.restUntilMs && !session.isStopped()) await pause(20)
  }
}

/** The server died before it said how a commit ended: the server that came back knows. */
async function settleLast(connection: PostgresConnection, { number, done }: Session): Promise<void> {
  const sql = `SELECT commits, parts, ${clock} FROM tallies WHERE session = ${number}`
  const [commits = '', parts = '', notAfter = ''] = (await connection.query(sql, quietContext())).at(-1)?.rows[0] ?? []
  if (Number(commits) === done.length) return
  const known = done.reduce((sum, commit) => sum + commit.parts, 0)
  if (Number(commits) !== done.length + 1) throw new Error(`session ${number}: ${commits} instead of ${done.length}`)
  const notBefore = done.at(-1)?.notAfter ?? ''
  done.push({ n: done.length + 1, parts: Number(parts) - known, notBefore, notAfter: notAfter ?? '' })
}

function insertion(session: number, n: number, parts: number): string {
  const value = valueOf('s.session', 's.n', 'part')
  return `INSERT INTO entries SELECT s.session, s.n, part, ${value}
    FROM (SELECT ${session}::int AS session, ${n}::int AS n) s, generate_series(1, ${parts}) part`
}

/**
 * What holds of the database at an instant, as queries that give true: of each session the first commits and no others,
 * at least those that were over by then, at most those that had begun; each with all its parts, and nothing rolled back.
 */
export function truthAt(commits: RecordedLoad['commits'], at: WalTime): string[] {
  return commits.flatMap((done, index) => {
    const session = index + 1
    // commits of a session follow each other, so what is there is always its first ones
    const least = done.filter(({ notAfter }) => notAfter <= at).length
    const most = done.filter(({ notBefore }) => notBefore <= at).length
    const allowed = Array.from({ length: most - least + 1 }, (_, more) => {
      const first = done.slice(0, least + more)
      return `(${first.length}, ${first.reduce((sum, { parts }) => sum + parts, 0)})`
    })
    const whole = `count(DISTINCT n), count(*), coalesce(min(n), 1), coalesce(max(n), 0)`
    return [
      `SELECT (commits, parts) IN (${allowed.join(', ')}) FROM tallies WHERE session = ${session}`,
      `SELECT (commits, parts, 1, commits) = (SELECT ${whole} FROM entries WHERE session = ${session})
       FROM tallies WHERE session = ${session}`,
      `SELECT coalesce(bool_and(value = ${valueOf('session', 'n', 'part')}), true)
       FROM entries WHERE session = ${session}`,
    ]
  })
}
