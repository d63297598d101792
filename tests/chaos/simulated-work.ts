import assert from 'node:assert/strict'
import type { EffectiveConfig } from '@holdfast/core/config/effective-config'
import type { SnapshotRecord } from '@holdfast/orchestrator/catalogue/catalogue'
import {
  afterCheck,
  oldestRead,
  parseCheckParts,
  readRotation,
  writeRotation,
} from '@holdfast/orchestrator/planning/check-rotation'
import { chooseCopies } from '@holdfast/orchestrator/planning/choose-copies'
import { pausesRetention, planRetention, provenIds } from '@holdfast/orchestrator/planning/retention'
import type { PlanningFixture } from '@holdfast/orchestrator/planning/testing/planning-fixture'
import type { EndState, Run, RunResult } from '@holdfast/orchestrator/run/run'
import type { ListedSnapshot } from '@holdfast/repository/snapshot/listed-snapshot'
import { exampleSnapshot } from '@holdfast/repository/snapshot/snapshot-fixture'
import type { SeededRandom } from '../scenario/random.ts'
import { type ModelSnapshot, modelKept } from './retention-model.ts'
import { mayBegin, readAllWithinMs } from './year-scenario.ts'

const dayMs = 86_400_000

/** How things stand in the simulated year. */
export interface Year {
  readonly config: EffectiveConfig
  /** the longest time that no server was there */
  readonly longestAwayMs: number
}

/** The operations, on repositories that are lists of snapshots. */
export class SimulatedWork {
  forgotten = 0
  readonly #planning: PlanningFixture
  readonly #random: SeededRandom
  readonly #snapshots = new Map<string, ListedSnapshot[]>()
  /** lineage → whether its last proof passed */
  readonly #proven = new Map<string, boolean>()
  #proofs = 0

  constructor(planning: PlanningFixture, random: SeededRandom) {
    this.#planning = planning
    this.#random = random
  }

  /** What a run does, with everything that must hold of it asserted. */
  async perform(run: Run, year: Year): Promise<{ state: EndState; result?: RunResult }> {
    const [source = '', repository = ''] = [run.source, run.repository]
    switch (run.operation) {
      case 'backup':
        return { state: 'succeeded', result: { snapshots: await this.#backUp(run, year) } }
      case 'copy':
        await this.#copy(source, run.arguments['from'] ?? '', repository)
        return { state: 'succeeded' }
      case 'forget':
        return { state: 'succeeded', result: { snapshotsRemoved: await this.#forget(source, repository, year) } }
      case 'verify':
        await this.#prove(source, run.arguments['repository'] ?? '')
        return { state: 'succeeded' }
      case 'check':
        await this.#check(run, year)
        return { state: 'succeeded' }
      case 'prune':
        assertInWindow(run)
        return { state: 'succeeded' }
      case 'restore':
        throw new Error('nothing plans a restore by itself')
    }
  }

  async #backUp(run: Run, year: Year): Promise<Record<string, string>> {
    const source = year.config.sources.get(run.source ?? '')
    assert(source !== undefined)
    const targets = source.copyMethod === 'fan-out' ? source.repositories : source.repositories.slice(0, 1)
    // Now and then one of several repositories cannot be reached.
    const reached = targets.length > 1 && this.#random.next() < 0.1 ? targets.slice(0, 1) : targets
    const written: Record<string, string> = {}
    for (const repository of reached) {
      written[repository] = await this.#add(source.name, repository, this.#planning.clock.nowMs, run.id)
    }
    return written
  }

  async #add(source: string, repository: string, timeMs: number, lineage: string): Promise<string> {
    const tags = [`source=${source}`, `run=${lineage}`, repository]
    const listed = exampleSnapshot({ time: new Date(timeMs).toISOString(), tags })
    this.#at(source, repository).push(listed)
    const time = new Date(timeMs)
    await this.#planning.catalogue.snapshots.add([{ repository, snapshotId: listed.id, source, time, lineage }])
    return listed.id
  }

  async #copy(source: string, from: string, to: string): Promise<void> {
    const records = await this.#planning.catalogue.snapshots.list({ source })
    const at = (name: string) => records.filter(({ repository }) => repository === name)
    for (const { time, lineage } of chooseCopies(at(from), at(to))) {
      await this.#add(source, to, time.getTime(), lineage)
    }
  }

  async #forget(name: string, repository: string, year: Year): Promise<number> {
    const { catalogue } = this.#planning
    const source = year.config.sources.get(name)
    assert(source !== undefined)
    const [records, proofs, open] = await Promise.all([
      catalogue.snapshots.list({ source: name }),
      catalogue.proofs.list({ source: name }),
      catalogue.findings.list({ isOpen: true }),
    ])
    const keep = source.keep.get(repository) ?? {}
    const isPaused = pausesRetention(name, open)
    const isProving = source.prove.newest !== undefined
    const present = this.#at(name, repository)
    const now = new Date(this.#planning.clock.nowMs + 1)
    const outcome = planRetention(present, {
      keep,
      provenIds: provenIds(repository, records, proofs),
      isProving,
      isPaused,
      now,
    })
    const model = modelKept(this.#modelOf(records, repository), keep, isProving)
    const kept = isPaused ? present.map(({ id }) => id) : [...model]
    assert.deepEqual(
      outcome.keep.map(({ id }) => id).toSorted(),
      kept.toSorted(),
      `retention of ${name} in ${repository}`,
    )
    const removed = outcome.remove.map(({ id }) => id)
    this.#snapshots.set(
      `${name} ${repository}`,
      present.filter(({ id }) => !removed.includes(id)),
    )
    await catalogue.snapshots.remove(repository, removed)
    this.forgotten += removed.length
    return removed.length
  }

  #modelOf(records: readonly SnapshotRecord[], repository: string): ModelSnapshot[] {
    return records
      .filter((record) => record.repository === repository)
      .map(({ snapshotId, time, lineage }) => ({
        id: snapshotId,
        timeMs: time.getTime(),
        isProven: this.#proven.get(lineage) === true,
      }))
  }

  async #prove(source: string, repository: string): Promise<void> {
    const { catalogue, clock } = this.#planning
    const records = (await catalogue.snapshots.list({ source })).filter((record) => record.repository === repository)
    const newest = records.toSorted((a, b) => b.time.getTime() - a.time.getTime())[0]
    if (newest === undefined) return
    const month = new Date(clock.nowMs).getUTCMonth()
    const isPassed = month !== 6 && month !== 7 && this.#random.next() < 0.9
    this.#proven.set(newest.lineage, isPassed)
    await catalogue.proofs.add({
      id: `proof-${++this.#proofs}`,
      source,
      repository,
      snapshotId: newest.snapshotId,
      verdict: isPassed ? 'passed' : 'failed',
      target: 'newest',
      endedAt: new Date(clock.nowMs),
      recoveryMs: 1000,
      bytes: 1,
      checks: '[]',
    })
  }

  async #check(run: Run, year: Year): Promise<void> {
    const { marks } = this.#planning.catalogue
    const parts = parseCheckParts(run.arguments['parts'] ?? '')
    assert(parts !== undefined)
    const now = new Date(this.#planning.clock.nowMs)
    const key = `checked/${run.repository}`
    const rotation = afterCheck(readRotation(await marks.get(key)), parts, now)
    await marks.set(key, writeRotation(rotation))
    // Two days: one for a check that failed, one for the time of day.
    const allowedMs = readAllWithinMs + year.longestAwayMs + 2 * dayMs
    assert(now.getTime() - oldestRead(rotation).getTime() <= allowedMs, 'a part was not read again in time')
  }

  #at(source: string, repository: string): ListedSnapshot[] {
    const key = `${source} ${repository}`
    const known = this.#snapshots.get(key) ?? []
    this.#snapshots.set(key, known)
    return known
  }
}

function assertInWindow({ queuedAt }: Run): void {
  assert(mayBegin('prune/local', queuedAt.getTime()), `pruned outside the window: ${queuedAt.toISOString()}`)
}
