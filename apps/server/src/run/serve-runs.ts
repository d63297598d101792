import { setTimeout as delay } from 'node:timers/promises'
import type { EffectiveConfig } from '@holdfast/core/config/effective-config'
import type { Context } from '@holdfast/core/context'
import type { Event } from '@holdfast/core/events/event'
import { acceptsRun } from '@holdfast/orchestrator/run/accepts-run'
import type { Run } from '@holdfast/orchestrator/run/run'
import type { RunQueue } from '@holdfast/orchestrator/run/run-queue'
import { runLimits } from '@holdfast/orchestrator/run/run-limits'
import { runWorker } from '@holdfast/orchestrator/run/run-worker'
import type { ServerLog } from '../server-log.ts'
import { doInProcess, neededOf } from '../task/do-in-process.ts'
import type { MachineFacts } from '../task/task-message.ts'
import { fieldsOf, nameOf, noteEnded } from './note-ended.ts'

export interface ServedRuns {
  readonly queue: RunQueue
  readonly worker: string
  readonly log: ServerLog
  readonly machine: MachineFacts
  readonly graceMs: number
  readonly leaseMs: number
  config(): EffectiveConfig
  /** told of what happens during a run */
  heard(run: Run, event: Event): void
  /** told of each run that ended for good */
  ended(run: Run): void
}

const again = 10_000

/**
 * Does runs until the context is stopped, each in a process of its own. A catalogue that cannot be used ends the worker;
 * it is begun again, since whatever is wrong may be mended without a restart.
 */
export async function serveRuns(given: ServedRuns, ctx: Context): Promise<void> {
  while (!ctx.signal.aborted) {
    try {
      await work(given, ctx)
    } catch (error) {
      given.log.failure('no runs are done for now', error)
      await delay(again, undefined, { signal: ctx.signal }).catch(() => {})
    }
  }
}

async function work(given: ServedRuns, ctx: Context): Promise<void> {
  const { queue, worker, log, machine, graceMs, leaseMs, config } = given
  const told: Context = { ...ctx, now: () => ctx.now(), emit: (event) => log.event(event) }
  await runWorker(
    {
      queue,
      worker,
      graceMs,
      leaseMs,
      limits: () => runLimits(config()),
      capacity: () => config().server.concurrency.host,
      accepts: (run) => acceptsRun(run, config()),
      execute: async (run, own) => {
        const fields = fieldsOf(run)
        log.write('info', `${nameOf(run)} begins`, fields)
        const emit = (event: Event): void => {
          log.event(event, fields)
          given.heard(run, event)
        }
        const heard: Context = { signal: own.signal, now: () => own.now(), emit }
        return await doInProcess({ type: 'run', run, machine, config: neededOf(config(), run.source) }, heard)
      },
      ended: (run, outcome) => noteEnded(run, outcome, given, ctx),
    },
    told,
  )
}
