import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Context, quietContext } from '@holdfast/core/context'
import type { SettingMap } from '@holdfast/core/config/setting'
import { effectiveConfigOf } from '@holdfast/core/config/testing/effective-config-fixture'
import { openCatalogue, type OpenedCatalogue } from '../../catalogue/open-catalogue.ts'
import type { EndState, Run, RunResult } from '../../run/run.ts'
import type { RunQueue } from '../../run/run-queue.ts'
import { openRunQueue } from '../../run/open-run-queue.ts'

/** A clock that stands still until it is told. */
export interface FakeClock {
  nowMs: number
}

/** A catalogue and its queue in a directory of their own, on a clock of the test's. */
export interface PlanningFixture extends AsyncDisposable {
  readonly clock: FakeClock
  readonly ctx: Context
  readonly catalogue: OpenedCatalogue
  readonly queue: RunQueue
  /** Leases whatever may run now and ends it; returns what was done, in order. */
  work(perform?: (run: Run) => Promise<{ state: EndState; result?: RunResult }>): Promise<readonly Run[]>
  set(time: string): void
}

/** @param under where its directory is made; in memory for long simulations */
export async function openPlanningFixture(time: string, under = tmpdir()): Promise<PlanningFixture> {
  const directory = await mkdtemp(join(under, 'holdfast-planning-'))
  const clock: FakeClock = { nowMs: Date.parse(time) }
  const ctx = quietContext({ now: () => new Date(clock.nowMs) })
  const catalogue = await openCatalogue({ type: 'sqlite', path: join(directory, 'catalogue.db') }, ctx)
  const queue = await openRunQueue(catalogue, ctx)
  return {
    clock,
    ctx,
    catalogue,
    queue,
    set: (to) => {
      clock.nowMs = Date.parse(to)
    },
    work: async (perform = async () => ({ state: 'succeeded' })) => {
      const done: Run[] = []
      for (;;) {
        const run = await queue.lease('worker', { leaseMs: 60_000, limits: new Map() })
        if (run === undefined) return done
        const outcome = await perform(run)
        await queue.finish(run.id, 'worker', outcome)
        done.push({ ...run, ...outcome, endedAt: new Date(clock.nowMs) })
      }
    },
    [Symbol.asyncDispose]: async () => {
      await queue[Symbol.asyncDispose]()
      await catalogue[Symbol.asyncDispose]()
      await rm(directory, { recursive: true })
    },
  }
}

const password = { env: 'HOLDFAST_PASSWORD' }

/** Repositories "local" and "offsite" that are neither pruned nor checked within a lifetime, unless said otherwise. */
function repositoriesFor(changes: Readonly<Record<string, SettingMap>> = {}) {
  const rarely = { cron: '0 0 29 2 *', jitter: '0' }
  const quiet = { password, prune: { schedule: rarely }, check: { schedule: rarely } }
  return {
    local: { location: '/srv/backup', ...quiet, ...changes['local'] },
    offsite: {
      location: 's3:https://store.example/backup',
      ...quiet,
      medium: 'object',
      offSite: true,
      ...changes['offsite'],
    },
  }
}

/** A files source with nothing scheduled but its backup. */
export function sourceFor(cron: string, changes: SettingMap = {}) {
  return {
    type: 'files',
    paths: ['/srv/data'],
    backup: { cron, jitter: '0' },
    prove: { newest: 'none', random: 'none' },
    repositories: ['local'],
    keep: { last: 3 },
    ...changes,
  }
}

export function planningConfig(sources: SettingMap, repositories: Readonly<Record<string, SettingMap>> = {}) {
  return effectiveConfigOf({ timeZone: 'Europe/Berlin', repositories: repositoriesFor(repositories), sources })
}
