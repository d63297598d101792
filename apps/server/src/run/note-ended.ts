import type { EffectiveConfig } from '@holdfast/core/config/effective-config'
import type { Context } from '@holdfast/core/context'
import { isAppError } from '@holdfast/core/errors/app-error'
import { planFollowUps } from '@holdfast/orchestrator/planning/follow-up'
import { enqueueAll } from '@holdfast/orchestrator/planning/scheduler'
import type { Run } from '@holdfast/orchestrator/run/run'
import type { RunOutcome, RunQueue } from '@holdfast/orchestrator/run/run-queue'
import type { LogFields, ServerLog } from '../server-log.ts'

export interface EndedRuns {
  readonly queue: RunQueue
  readonly log: ServerLog
  config(): EffectiveConfig
  /** told of each run that ended for good */
  ended(run: Run): void
}

/** What is to be done when it is durable that a run has ended, whoever did it: it is told, and what follows is queued. */
export async function noteEnded(run: Run, outcome: RunOutcome, given: EndedRuns, ctx: Context): Promise<void> {
  const { queue, log, config } = given
  tellEnd(run, outcome, log)
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
}

export function tellEnd(run: Run, { state, error, result, retryAt }: RunOutcome, log: ServerLog): void {
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

export function fieldsOf({ id, operation, source, repository, attempt }: Run): LogFields {
  return { run: id, operation, source, repository, attempt }
}

/** "backup of shop", "copy of shop to offsite", "prune of offsite" */
export function nameOf({ operation, source, repository }: Run): string {
  if (source === undefined) return `${operation} of ${repository ?? 'nothing'}`
  const where = repository === undefined ? '' : operation === 'copy' ? ` to ${repository}` : ` in ${repository}`
  return `${operation} of ${source}${where}`
}
