import { setTimeout as delay } from 'node:timers/promises'
import type { EffectiveConfig } from '@holdfast/core/config/effective-config'
import type { Context } from '@holdfast/core/context'
import { isAppError } from '@holdfast/core/errors/app-error'
import { planFollowUps } from '@holdfast/orchestrator/planning/follow-up'
import { enqueueAll } from '@holdfast/orchestrator/planning/scheduler'
import { acceptsRun } from '@holdfast/orchestrator/run/accepts-run'
import type { Run } from '@holdfast/orchestrator/run/run'
import type { RunOutcome, RunQueue } from '@holdfast/orchestrator/run/run-queue'
import { runLimits } from '@holdfast/orchestrator/run/run-limits'
import { runWorker } from '@holdfast/orchestrator/run/run-worker'
import type { LogFields, ServerLog } from '../server-log.ts'
import { doInProcess, neededOf } from '../task/do-in-process.ts'
import type { MachineFacts } from '../task/task-message.ts'

export interface ServedRuns {
  readonly queue: RunQueue
  readonly worker: string
  readonly log: ServerLog
  readonly machine: MachineFacts
  readonly graceMs: number
  readonly leaseMs: number
  config(): EffectiveConfig
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
        const heard: Context = { signal: own.signal, now: () => own.now(), emit: (event) => log.event(event, fields) }
        return await doInProcess({ type: 'run', run, machine, config: neededOf(config(), run.source) }, heard)
      },
      ended: async (run, outcome) => {
        tell(run, outcome, log)
        if (outcome.retryAt !== undefined) return
        const { state, result, error } = outcome
        const parts = { ...(result === undefined ? {} : { result }), ...(error === undefined ? {} : { error }) }
        const ended: Run = { ...run, state, ...parts, endedAt: ctx.now() }
        given.ended(ended)
        try {
          await enqueueAll(queue, planFollowUps(ended, config(), ctx.now()))
        } catch (failure) {
          // asked for again by the next tick that looks for missing copies
          if (!isAppError(failure)) throw failure
          log.failure('what follows the run could not be queued', failure, fieldsOf(run))
        }
      },
    },
    told,
  )
}

function tell(run: Run, { state, error, result, retryAt }: RunOutcome, log: ServerLog): void {
  const fields = fieldsOf(run)
  if (retryAt !== undefined) {
    log.write('warning', `${nameOf(run)} failed and is tried again: ${error?.message}`, {
      ...fields,
      retryAt: retryAt.toISOString(),
    })
    return
  }
  const reason = error === undefined ? '' : `: ${error.message}`
  const level = state === 'succeeded' ? 'info' : state === 'partial' || state === 'cancelled' ? 'warning' : 'error'
  log.write(level, `${nameOf(run)} ended: ${state}${reason}`, {
    ...fields,
    ...(error === undefined ? {} : { code: error.code, hint: error.hint }),
    ...(result?.problems === undefined ? {} : { problems: result.problems.join('; ') }),
  })
}

function fieldsOf({ id, operation, source, repository, attempt }: Run): LogFields {
  return { run: id, operation, source, repository, attempt }
}

/** "backup of shop", "copy of shop to offsite", "prune of offsite" */
function nameOf({ operation, source, repository }: Run): string {
  if (source === undefined) return `${operation} of ${repository ?? 'nothing'}`
  const where = repository === undefined ? '' : operation === 'copy' ? ` to ${repository}` : ` in ${repository}`
  return `${operation} of ${source}${where}`
}
