import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import type { Catalogue } from '@holdfast/orchestrator/catalogue/catalogue'
import type { Finding } from '@holdfast/orchestrator/finding/finding'
import { planFollowUps } from '@holdfast/orchestrator/planning/follow-up'
import { createScheduler, enqueueAll, type Scheduler } from '@holdfast/orchestrator/planning/scheduler'
import { openPlanningFixture, type PlanningFixture } from '@holdfast/orchestrator/planning/testing/planning-fixture'
import type { Run } from '@holdfast/orchestrator/run/run'
import { SeededRandom } from '../scenario/random.ts'
import { modelFires } from './fire-model.ts'
import { SimulatedWork } from './simulated-work.ts'
import { mayBegin, wikiLater, yearConfig, yearLines } from './year-scenario.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs

export interface SimulatedYear {
  readonly fires: number
  readonly enqueued: number
  readonly madeUp: number
  readonly held: number
  readonly runs: number
  readonly crashes: number
  readonly outages: number
  readonly forgotten: number
}

interface Running {
  readonly run: Run
  readonly endsMs: number
}

/**
 * The control plane on a clock of its own, from one day to another: two servers tick, runs take their time, fail and
 * crash, servers are away for minutes or days, proofs cease for two months, an anomaly opens, a line is changed. What
 * must hold is asserted after every step, against models that were thought up apart.
 */
export async function simulate(from: string, to: string, seed: number): Promise<SimulatedYear> {
  const memory = '/dev/shm'
  await using planning = await openPlanningFixture(from, existsSync(memory) ? memory : tmpdir())
  return await new Simulation(planning, Date.parse(from), Date.parse(to), seed).run()
}

class Simulation {
  readonly #planning: PlanningFixture
  readonly #fromMs: number
  readonly #toMs: number
  readonly #random: SeededRandom
  readonly #fires = new Map<string, readonly number[]>()
  readonly #figures = { fires: 0, enqueued: 0, madeUp: 0, held: 0, runs: 0, crashes: 0, outages: 0, forgotten: 0 }
  readonly #work: SimulatedWork
  readonly #enqueuedFires = new Set<string>()
  #config = yearConfig(yearLines['backup/wiki'] ?? wikiLater)
  #isChanged = false
  #servers: readonly Scheduler[] = []
  #running: Running[] = []
  #longestAwayMs = 0
  #nextOutageMs: number
  #expireMs = 0
  #hasAnomaly = false

  constructor(planning: PlanningFixture, fromMs: number, toMs: number, seed: number) {
    this.#planning = planning
    this.#fromMs = fromMs
    this.#toMs = toMs
    this.#random = new SeededRandom(seed)
    this.#work = new SimulatedWork(planning, this.#random)
    this.#nextOutageMs = fromMs + this.#between(5, 20) * dayMs
    for (const [id, line] of Object.entries(yearLines)) this.#fires.set(id, modelFires(line, fromMs + 1, toMs))
    this.#startServers()
  }

  async run(): Promise<SimulatedYear> {
    const { clock } = this.#planning
    let nextTickMs = this.#fromMs
    while (clock.nowMs < this.#toMs) {
      await this.#endRuns()
      await this.#endLost()
      if (clock.nowMs >= nextTickMs) nextTickMs = await this.#tick()
      await this.#beginRuns()
      const nextMs = Math.min(nextTickMs, ...this.#running.map(({ endsMs }) => endsMs), clock.nowMs + dayMs)
      clock.nowMs = Math.max(nextMs, clock.nowMs + 1000)
      if (clock.nowMs >= this.#nextOutageMs) nextTickMs = this.#goAway()
      this.#changeLine()
    }
    this.#figures.forgotten = this.#work.forgotten
    this.#figures.fires = [...this.#fires.values()].reduce((sum, fires) => sum + fires.length, 0)
    await this.#assertNothingLeft()
    return this.#figures
  }

  async #endLost(): Promise<void> {
    const nowMs = this.#planning.clock.nowMs
    if (nowMs < this.#expireMs) return
    this.#expireMs = nowMs + 10 * minuteMs
    await this.#planning.queue.expire()
  }

  async #tick(): Promise<number> {
    const { catalogue, ctx, clock } = this.#planning
    await this.#judgeAnomaly()
    const activeBefore = await catalogue.runs.list({ states: ['queued', 'running'] })
    let nextMs = Number.POSITIVE_INFINITY
    const order = this.#random.next() < 0.5 ? this.#servers : this.#servers.toReversed()
    const awake = this.#random.next() < 0.5 ? order : order.slice(1)
    try {
      for (const server of awake) {
        const report = await server.tick(this.#config, ctx)
        this.#assertFires(report.enqueued)
        this.#figures.held += report.held.length
        nextMs = Math.min(nextMs, report.nextAt?.getTime() ?? nextMs)
      }
    } catch (error) {
      if (!(error instanceof Crash)) throw error
      // Some of what it has enqueued was never seen; a second later it is back.
      await this.#recount()
      this.#figures.crashes++
      this.#startServers()
      return clock.nowMs + 1000
    }
    await this.#assertUpToDate(activeBefore)
    // What is held looks again when a run has ended, and then has something to do.
    return nextMs <= clock.nowMs ? clock.nowMs + 5 * minuteMs : nextMs
  }

  /** Every fire is one that the model knows, and comes once. */
  #assertFires(enqueued: readonly Run[]): void {
    for (const { cause, uniqueKey, queuedAt } of enqueued) {
      if (cause.type !== 'schedule' || uniqueKey.includes('/again/')) continue
      assert(!this.#enqueuedFires.has(uniqueKey), `${uniqueKey} fired twice`)
      this.#enqueuedFires.add(uniqueKey)
      this.#figures.enqueued++
      if (uniqueKey.endsWith('/first')) continue
      const id = uniqueKey.split('/').slice(0, 2).join('/')
      const fires = this.#fires.get(id) ?? []
      assert(fires.includes(cause.fire.getTime()), `${uniqueKey} is no fire of its line`)
      assert(cause.fire <= queuedAt, `${uniqueKey} came too soon`)
      if (cause.isMadeUp) this.#figures.madeUp++
    }
  }

  /** After a tick nothing is owed: the newest fire of each schedule that may begin now has been enqueued. */
  async #assertUpToDate(activeBefore: readonly Run[]): Promise<void> {
    const fired = await this.#planning.catalogue.marks.list('fired/')
    const nowMs = this.#planning.clock.nowMs
    for (const [id, fires] of this.#fires) {
      if (!mayBegin(id, nowMs) || activeBefore.some((run) => isOf(id, run))) continue
      const newest = fires.findLast((fire) => fire <= nowMs)
      if (newest === undefined) continue
      const mark = Date.parse(fired.get(`fired/${id}`) ?? '')
      assert(mark >= newest, `${id} owes ${iso(newest)} at ${iso(nowMs)}; it fired ${iso(mark)}`)
    }
  }

  async #beginRuns(): Promise<void> {
    const { queue, clock } = this.#planning
    for (;;) {
      const lengthMs = this.#lengthOfRun()
      const limits = new Map([['host/test-host', 3]])
      const run = await queue.lease('server', { leaseMs: lengthMs + 10 * minuteMs, limits })
      if (run === undefined) return
      this.#running.push({ run, endsMs: clock.nowMs + lengthMs })
    }
  }

  /** Mostly minutes; now and then longer than the time between two fires. */
  #lengthOfRun(): number {
    return this.#random.next() < 0.01 ? this.#between(5, 9) * hourMs : this.#between(1, 30) * minuteMs
  }

  async #endRuns(): Promise<void> {
    const { queue, clock } = this.#planning
    for (const ended of this.#running.filter(({ endsMs }) => endsMs <= clock.nowMs)) {
      this.#running = this.#running.filter((running) => running !== ended)
      const { run } = ended
      const outcome =
        this.#random.next() < 0.05
          ? { state: 'failed' as const }
          : await this.#work.perform(run, { config: this.#config, longestAwayMs: this.#longestAwayMs })
      assert(await queue.finish(run.id, 'server', outcome), `run ${run.id} was somebody else's`)
      this.#figures.runs++
      const followUps = planFollowUps({ ...run, ...outcome }, this.#config, new Date(clock.nowMs))
      await enqueueAll(queue, followUps)
    }
  }

  /** Everything that ran is gone with the process; its leases run out. */
  #goAway(): number {
    const { clock } = this.#planning
    const awayMs = this.#random.next() < 0.5 ? this.#between(5, 300) * minuteMs : this.#between(1, 6) * dayMs
    clock.nowMs += awayMs
    this.#longestAwayMs = Math.max(this.#longestAwayMs, awayMs)
    this.#nextOutageMs = clock.nowMs + this.#between(5, 20) * dayMs
    this.#figures.outages++
    this.#figures.crashes += this.#running.length
    this.#running = []
    this.#startServers()
    return clock.nowMs
  }

  /** In autumn somebody moves the backup of the wiki by three quarters of an hour. */
  #changeLine(): void {
    const nowMs = this.#planning.clock.nowMs
    const id = 'backup/wiki'
    if (this.#isChanged || new Date(nowMs).getUTCMonth() !== 9 || this.#running.some(({ run }) => isOf(id, run))) return
    this.#isChanged = true
    this.#config = yearConfig(wikiLater)
    const before = (this.#fires.get(id) ?? []).filter((fire) => fire <= nowMs)
    this.#fires.set(id, [...before, ...modelFires(wikiLater, nowMs + 1, this.#toMs)])
  }

  /** The first two weeks of October look as if somebody was encrypting the shop. */
  async #judgeAnomaly(): Promise<void> {
    const { findings } = this.#planning.catalogue
    const now = new Date(this.#planning.clock.nowMs)
    const isWanted = now.getUTCMonth() === 9 && now.getUTCDate() < 15
    if (this.#hasAnomaly === isWanted) return
    this.#hasAnomaly = isWanted
    await findings.put([{ ...anomaly, lastSeenAt: now, ...(!isWanted && { resolvedAt: now }) }])
  }

  /** Copies that failed, and those of a year of unreachable stores, were made up for. */
  async #assertNothingLeft(): Promise<void> {
    const { catalogue } = this.#planning
    const overview = await catalogue.snapshots.overview()
    for (const source of ['shop', 'wiki']) {
      const [first, second] = overview.filter((row) => row.source === source).map(({ newest }) => newest.getTime())
      assert(Math.abs((first ?? 0) - (second ?? Number.NaN)) <= 2 * dayMs, `copies of ${source} are missing`)
    }
    const states = new Set((await catalogue.runs.list({})).map(({ state }) => state))
    assert(!states.has('lost'), 'a run with attempts left was given up')
  }

  async #recount(): Promise<void> {
    const recent = await this.#planning.catalogue.runs.list({ since: new Date(this.#planning.clock.nowMs) })
    this.#assertFires(recent.filter(({ uniqueKey }) => !this.#enqueuedFires.has(uniqueKey)))
  }

  #startServers(): void {
    const { catalogue, queue } = this.#planning
    const marks: Catalogue['marks'] = {
      ...catalogue.marks,
      compareAndSet: async (key, expected, value) => {
        if (this.#random.next() < 0.01) throw new Crash('between the run and the note of it')
        return catalogue.marks.compareAndSet(key, expected, value)
      },
    }
    this.#servers = [1, 2].map(() => createScheduler({ ...catalogue, marks }, queue))
  }

  #between(low: number, high: number): number {
    return low + this.#random.next() * (high - low)
  }
}

/** A process that ends where it hurts. */
class Crash extends Error {}

const anomaly: Finding = {
  kind: 'anomaly',
  severity: 'critical',
  subject: { source: 'shop' },
  title: 'nothing compresses any more',
  detail: '',
  figures: {},
  key: 'anomaly/shop',
  firstSeenAt: new Date(0),
  lastSeenAt: new Date(0),
}

function isOf(id: string, { operation, source, repository, arguments: given }: Run): boolean {
  const [kind, subject] = id.split('/')
  if (operation !== 'verify') return operation === kind && (source ?? repository) === subject
  return source === subject && kind === `prove-${given['target']}`
}

function iso(ms: number): string {
  return Number.isNaN(ms) ? 'never' : new Date(ms).toISOString()
}
