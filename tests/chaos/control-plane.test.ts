/**
 * Three servers on one PostgreSQL, killed at random while they schedule and execute; the database goes away in between.
 * HOLDFAST_CHAOS_MINUTES says for how long (a quarter), HOLDFAST_CHAOS_VIA by which queue ("pg-boss" or "table"),
 * HOLDFAST_TEST_SEED when they are killed (11).
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { type PostgresServer, startPostgres } from '@holdfast/connectors/postgresql/testing/postgres-server'
import { quietContext } from '@holdfast/core/context'
import { openCatalogue } from '@holdfast/orchestrator/catalogue/open-catalogue'
import type { Run } from '@holdfast/orchestrator/run/run'
import { afterAll, expect, test } from 'vitest'
import { SeededRandom } from '../scenario/random.ts'
import {
  begunFile,
  chaosConfig,
  type ChaosOrders,
  type Execution,
  type FastClock,
  leaseMs,
  minuteMs,
  readExecutions,
  readTicks,
  scheduleEnd,
  speed,
  type Tick,
} from './control-plane-site.ts'

// oxlint-disable-next-line node/no-process-env
const { HOLDFAST_CHAOS_MINUTES: minutes = '0.2', HOLDFAST_TEST_SEED: seed = '11', HOLDFAST_CHAOS_VIA } = process.env
const durationMs = Number(minutes) * minuteMs
const via = HOLDFAST_CHAOS_VIA === 'table' ? 'table' : 'pg-boss'
const serverCount = 3
const drainMs = 60_000
/** How much longer it goes on where a busy machine has not done enough by then. */
const longerMs = 120_000
/** In a few seconds each source comes to two runs. */
const leastRuns = durationMs < minuteMs ? 2 * chaosConfig().sources.size : (durationMs / 1000) * 1.5
/** Times of the database and of the test's own processes are told apart by less. */
const seenAfterMs = 1_000
/** A look that finds the run before still going on says so. For so long that may be true: an end is dated before it is committed. */
const heldAtMostMs = 10_000
/** The database goes away so often, and for so long. */
const outageEveryMs = Math.min(45_000, durationMs / 2)
const outageMs = 1_500

interface Death {
  readonly pid: number
  readonly atMs: number
}

const driver = join(import.meta.dirname, 'control-plane-process.ts')

/** Every process that was started; none may outlive the test. */
const spawned: ChildProcess[] = []
afterAll(() => {
  for (const server of spawned) server.kill('SIGKILL')
})

function spawnServer(orders: ChaosOrders): ChildProcess {
  const log = openSync(`${orders.journal}.log`, 'a')
  const server = spawn(process.execPath, [driver, JSON.stringify(orders)], { stdio: ['ignore', log, log] })
  closeSync(log)
  spawned.push(server)
  return server
}

const exited = (server: ChildProcess): Promise<void> =>
  new Promise((done) => {
    if (server.exitCode !== null || server.signalCode !== null) done()
    else server.once('exit', () => done())
  })

/** Kills and replaces servers, and restarts the database, until the time is over and there was enough to do. */
async function wreak(postgres: PostgresServer, orders: ChaosOrders) {
  const random = new SeededRandom(Number(seed))
  const servers = Array.from({ length: serverCount }, (_, index) => spawnServer({ ...orders, worker: `s${index}` }))
  const deaths: Death[] = []
  let outages = 0
  let nextOutageMs = Date.now() + outageEveryMs
  const endsAtMs = Date.now() + durationMs
  const isEnough = async (): Promise<boolean> => (await openRuns(orders.connection)).length >= leastRuns
  while (Date.now() < endsAtMs || (Date.now() < endsAtMs + longerMs && !(await isEnough()))) {
    await pause(300 + random.below(1500))
    const victim = random.below(serverCount)
    const server = servers[victim]
    if (server === undefined) throw new Error('there is no such server')
    expect(server.exitCode, readFileSync(`${orders.journal}.log`, 'utf8')).toBeNull()
    server.kill('SIGKILL')
    await exited(server)
    deaths.push({ pid: server.pid ?? 0, atMs: Date.now() })
    servers[victim] = spawnServer({ ...orders, worker: `s${victim}` })
    if (Date.now() < nextOutageMs) continue
    await postgres.kill()
    await pause(outageMs)
    await postgres.start()
    outages++
    nextOutageMs = Date.now() + outageEveryMs
  }
  writeFileSync(scheduleEnd(orders.journal), '')
  return { servers, deaths, outages, scheduledUntilMs: Date.now() }
}

async function openRuns(connection: string): Promise<readonly Run[]> {
  await using catalogue = await openCatalogue({ type: 'postgresql', connection }, quietContext())
  return await catalogue.runs.list({})
}

/** Pairs of executions, of one run or of one source, that were going on at the same time. */
function overlaps(executions: readonly Execution[], deaths: readonly Death[]): string[] {
  const diedAt = new Map(deaths.map(({ pid, atMs }) => [pid, atMs]))
  const found: string[] = []
  for (const own of Map.groupBy(executions, ({ source }) => source).values()) {
    let before: { readonly execution: Execution; readonly endMs: number } | undefined
    for (const execution of own.toSorted((a, b) => a.startMs - b.startMs)) {
      if (before !== undefined && execution.startMs < before.endMs) {
        found.push(
          `${execution.runId} in ${execution.pid} began during ${before.execution.runId} in ${before.execution.pid}`,
        )
      }
      const endMs = execution.endMs ?? diedAt.get(execution.pid) ?? Infinity
      if (before === undefined || endMs > before.endMs) before = { execution, endMs }
    }
  }
  return found
}

/**
 * Backups of a source that came too late: a fire was due and nothing stood in its way, and yet a server looked at all
 * schedules and left it. (It stands in its way that the run before it has not ended; then the newest that is due makes
 * up for all.) Whether it has ended is what the catalogue told that look: an end is dated when its transaction begins, and
 * on a busy disk five of them at once were committed seconds later. Times are real ones.
 */
function missedFires(runs: readonly Run[], clock: FastClock, ticks: readonly Tick[], untilMs: number): string[] {
  const missed: string[] = []
  const real = (fire: Date): number => clock.realStartMs + (fire.getTime() - clock.simulatedStartMs) / speed
  for (const source of chaosConfig().sources.keys()) {
    const own = runs
      .flatMap((run) => {
        if (run.source !== source || run.cause.type !== 'schedule') return []
        const times = { queuedMs: run.queuedAt.getTime(), endedMs: run.endedAt?.getTime() ?? Infinity }
        return [{ fireMs: real(run.cause.fire), ...times }]
      })
      .toSorted((one, other) => one.fireMs - other.fireMs)
    if (own.length === 0) missed.push(`${source} was never backed up`)
    // Two servers may both find nothing running and fire for two minutes at once; and one of them may have to be done again.
    let endedMs = 0
    for (const [index, run] of own.entries()) {
      endedMs = Math.max(endedMs, run.endedMs)
      const fromMs = Math.max(run.fireMs + minuteMs / speed, endedMs) + seenAfterMs
      const toMs = own[index + 1]?.queuedMs ?? untilMs
      const looks = ticks.filter((tick) => tick.startMs > fromMs && tick.endMs < toMs)
      const idle = looks.filter(
        ({ held, startMs }) => !held.includes(`backup/${source}`) || startMs > fromMs + heldAtMostMs,
      )
      // each server may have asked what is running just before that end was written
      if (idle.length > serverCount) {
        const times = idle.map(({ startMs, endMs }) => `${startMs - fromMs} to ${endMs - fromMs}`).join(', ')
        missed.push(`${source}: due since ${fromMs}, left until ${toMs} by looks from ${times} ms after`)
      }
    }
  }
  return missed
}

test(
  `servers that are killed for ${minutes} min lose no run, do none twice at once and miss no schedule (${via}, seed ${seed})`,
  async () => {
    const directory = mkdtempSync(join(tmpdir(), 'holdfast-chaos-'))
    const journal = join(directory, 'journal')
    writeFileSync(journal, '')
    await using postgres = await startPostgres({ fsync: true })
    const connection = postgres.url()
    const realStartMs = Date.now()
    const clock = { realStartMs, simulatedStartMs: realStartMs - (durationMs + longerMs + drainMs + minuteMs) * speed }
    try {
      const orders = { worker: '', connection, via, journal, clock } as const
      const { servers, deaths, outages, scheduledUntilMs } = await wreak(postgres, orders)
      const open = async () => (await openRuns(connection)).filter(({ endedAt }) => endedAt === undefined).length
      await expect
        .poll(open, { timeout: drainMs, interval: 500 })
        .toBe(0)
        .catch(async (error: unknown) => {
          const waiting = (await openRuns(connection)).filter(({ endedAt }) => endedAt === undefined)
          throw new Error(`${JSON.stringify(waiting)}\n${readFileSync(`${journal}.log`, 'utf8')}`, { cause: error })
        })
      // who is still starting up has nothing to bring to an end
      const begun = () => readFileSync(begunFile(journal), 'utf8').split('\n')
      await expect.poll(() => servers.every(({ pid }) => begun().includes(String(pid)))).toBe(true)
      for (const server of servers) server.kill('SIGTERM')
      await Promise.all(servers.map(exited))

      const runs = await openRuns(connection)
      const executions = readExecutions(readFileSync(journal, 'utf8'))
      const completed = new Set(executions.flatMap(({ runId, endMs }) => (endMs === undefined ? [] : [runId])))
      const lost = runs.filter(({ id, state }) => state !== 'succeeded' || !completed.has(id))
      const twice = overlaps(executions, deaths)
      const missed = missedFires(runs, clock, readTicks(readFileSync(`${journal}.ticks`, 'utf8')), scheduledUntilMs)
      const redone = executions.length - runs.length
      process.stdout.write(
        `${deaths.length} kills, ${outages} outages, ${runs.length} runs, ${redone} begun again; ` +
          `lost ${lost.length}, twice at once ${twice.length}, schedules missed ${missed.length}\n`,
      )
      expect({ lost, twice, missed }).toEqual({ lost: [], twice: [], missed: [] })
      const ends = servers.map(({ exitCode, signalCode }) => exitCode ?? signalCode)
      expect(
        ends.filter((end) => end !== 0),
        readFileSync(`${journal}.log`, 'utf8'),
      ).toEqual([])
      expect(runs.length).toBeGreaterThanOrEqual(leastRuns)
      expect(deaths.length).toBeGreaterThan(durationMs / 4000)
    } finally {
      rmSync(directory, { recursive: true, force: true })
    }
  },
  durationMs + longerMs + drainMs + leaseMs + 60_000,
)
