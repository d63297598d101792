/**
 * A database's machine is lost: all its processes are killed at a random instant under load, and its disk is gone. What
 * was acknowledged to its clients longer ago than the flush interval must come back from the repository.
 * HOLDFAST_TEST_TRIALS says how often this is tried (2), HOLDFAST_TEST_SEED with which instants, and
 * HOLDFAST_TEST_SLACK_MS what a machine without a free processor may add to the interval: none in `npm run chaos`.
 */
import { chmod, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { createCliFixture } from '../../apps/cli/src/cli-fixture.ts'
import { connectPostgres } from '@holdfast/connectors/postgresql/connection/connect'
import { type PostgresServer, startPostgres } from '@holdfast/connectors/postgresql/testing/postgres-server'
import { quietContext } from '@holdfast/core/context'
import { freePort } from '@holdfast/core/testing/free-ports'
import { describe, expect, test } from 'vitest'
import { startFollower } from '../chaos/killed-follower.ts'
import { SeededRandom } from '../scenario/random.ts'

const ctx = quietContext()
// oxlint-disable-next-line node/no-process-env
const [trials, seed, slackMs] = [
  Number(process.env['HOLDFAST_TEST_TRIALS'] ?? 2),
  Number(process.env['HOLDFAST_TEST_SEED'] ?? 7),
  Number(process.env['HOLDFAST_TEST_SLACK_MS'] ?? 3000),
] as const
const flushEveryMs = 2000

describe('a database whose machine is lost under load', () => {
  const random = new SeededRandom(seed)
  // late enough that what comes back can be told from nothing
  const killAfterMs = Array.from({ length: trials }, () => 2500 + slackMs + random.below(4000))

  test.each(killAfterMs)(
    `comes back without the last ${flushEveryMs + slackMs} ms at most, killed after %i ms`,
    async (delayMs) => {
      await using fixture = await createCliFixture()
      await fixture.init()
      // the restored server runs as another user
      await chmod(fixture.directory, 0o755)
      const server = await startPostgres({ settings: { synchronous_commit: 'on', max_wal_size: '1GB' } })
      await using cleaning = new AsyncDisposableStack()
      cleaning.use(server)
      await server.sql('CREATE TABLE ticks (id bigint PRIMARY KEY, filling text)')
      const source = ['--source', 'shop']
      const made = await fixture.run(['backup', server.url(), ...source])
      expect(made, made.stderr).toMatchObject({ exitCode: 0 })
      const follower = startFollower(fixture, [server.url(), ...source, '--flush-every', `${flushEveryMs}ms`])
      cleaning.defer(() => follower.kill())
      await expect.poll(() => follower.output()).toContain('"message_type":"log"')

      const [loading, lateness] = [load(server), watchDisk(join(fixture.directory, 'late'))]
      await pause(delayMs)
      const lateMs = await lateness.end()
      await server.kill()
      await rm(server.dataDirectory, { recursive: true })
      const acknowledgedAtMs = await loading
      // the follower's machine is lost too: whatever it would still have stored is not counted
      await follower.kill()

      const restored = join(fixture.directory, 'restored')
      const port = await freePort()
      const options = ['--to', restored, '--start', '--port', String(port), '--json']
      const result = await fixture.run(['restore', 'shop', ...options])
      expect(result, result.stderr).toMatchObject({ exitCode: 0 })
      cleaning.defer(() => stopServer(result.stdout))
      const newest = await newestTick(server, port)
      const lost = acknowledgedAtMs.slice(newest)
      const lostMs = lost.length === 0 ? 0 : (acknowledgedAtMs.at(-1) ?? 0) - (lost[0] ?? 0)
      process.stdout.write(
        `killed after ${delayMs} ms: ${Math.round(lostMs)} ms lost, ${lost.length} rows; ${Math.round(lateMs)} ms late\n`,
      )
      expect(acknowledgedAtMs.length, 'rows that were acknowledged').toBeGreaterThan(100)
      expect(newest, 'nothing that never was comes back').toBeLessThanOrEqual(acknowledgedAtMs.length + 1)
      expect(lostMs, `lost ${lost.length} of ${acknowledgedAtMs.length} rows`).toBeLessThanOrEqual(
        flushEveryMs + slackMs + (slackMs === 0 ? 0 : lateMs),
      )
    },
  )
})

/** Inserts rows 1, 2, 3 … until the server dies; when each was acknowledged. */
async function load(server: PostgresServer): Promise<number[]> {
  const acknowledgedAtMs: number[] = []
  await using connection = await connectPostgres(server.target(), { searchPath: 'role' }, ctx)
  try {
    for (;;) {
      const id = acknowledgedAtMs.length + 1
      await connection.query(`INSERT INTO ticks VALUES (${id}, repeat(md5('${id}'), ${1 + (id % 40)}))`, ctx)
      acknowledgedAtMs.push(performance.now())
    }
  } catch {
    return acknowledgedAtMs
  }
}

/** How long in all a disk, or a machine, let who writes to it wait beyond what is usual. */
function watchDisk(path: string): { end(): Promise<number> } {
  let isOver = false
  const watching = (async () => {
    await using file = await open(path, 'w')
    let lateMs = 0
    while (!isOver) {
      const startedMs = performance.now()
      await file.write('x')
      await file.datasync()
      lateMs += Math.max(0, performance.now() - startedMs - 200)
      await pause(20)
    }
    return lateMs
  })()
  return {
    async end() {
      isOver = true
      return await watching
    },
  }
}

async function newestTick(server: PostgresServer, port: number): Promise<number> {
  const target = { ...server.target(), hosts: [{ host: '127.0.0.1', port }] }
  const asked = async (sql: string): Promise<string | null | undefined> => {
    await using connection = await connectPostgres(target, { searchPath: 'role' }, ctx)
    return (await connection.query(sql, ctx)).at(-1)?.rows[0]?.[0]
  }
  await expect.poll(() => asked('SELECT pg_is_in_recovery()')).toBe('f')
  return Number((await asked('SELECT max(id) FROM ticks')) ?? 0)
}

/** The server that the command started goes on without it. */
async function stopServer(output: string): Promise<void> {
  const summary = output.split('\n').find((line) => line.includes('"message_type":"summary"')) ?? '{}'
  // Boundary: the documented JSON of the command.
  const { server } = JSON.parse(summary) as { server?: { pid: number } }
  if (server === undefined) return
  process.kill(server.pid, 'SIGQUIT')
  for (let i = 0; i < 100; i++) {
    try {
      process.kill(server.pid, 0)
    } catch {
      return
    }
    await pause(50)
  }
}
