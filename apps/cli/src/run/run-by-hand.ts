import { setTimeout as delay } from 'node:timers/promises'
import { type Context, withSignal } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import { planFollowUps } from '@holdfast/orchestrator/planning/follow-up'
import { enqueueAll } from '@holdfast/orchestrator/planning/scheduler'
import { acceptsRun, agentOf } from '@holdfast/orchestrator/run/accepts-run'
import type { Run } from '@holdfast/orchestrator/run/run'
import { runWorker } from '@holdfast/orchestrator/run/run-worker'
import { runLimits } from '@holdfast/orchestrator/run/run-limits'
import type { Invocation } from '../command/command.ts'
import type { RunOptions } from '../command/run.ts'
import type { Output } from '../output/output.ts'
import { draftByHand } from '@holdfast/orchestrator/planning/draft-by-hand'
import { type OpenRuns, openRuns } from './open-runs.ts'
import { exitCodeOf, isEnded, renderRun, runJson } from './run-report.ts'

const lookEveryMs = 500

/** Does one run in this process, unless a server is quicker to take it, or it is for an agent. */
export async function runByHand(invocation: Invocation<RunOptions>): Promise<number> {
  const { arguments: given, options, output, variables, ctx } = invocation
  await using runs = await openRuns(invocation)
  const { config } = runs.plane.loaded
  const [operation = '', name = ''] = given
  const { repository, from, target, parts } = options
  const by = variables('USER') || 'someone'
  const draft = draftByHand({ operation, name, repository, from, target, parts, by }, config, ctx.now())
  const queued = await runs.queue.enqueue(draft)
  if (queued === undefined) throw new Error('a run that was just made was there already')
  if (options.queue) {
    output.line(`queued as ${queued.id}`)
    output.message({ message_type: 'run', ...runJson(queued) })
    return 0
  }
  const ended = await doRun(runs, queued, output, ctx)
  output.line(renderRun(ended))
  output.message({ message_type: 'run', ...runJson(ended) })
  const next = await enqueueAll(runs.queue, planFollowUps(ended, config, ctx.now()))
  for (const run of next) output.note(`queued: ${run.operation} ${run.source ?? ''} (${run.repository ?? ''})`)
  return exitCodeOf([ended])
}

/** Until it has ended, here or elsewhere. Interrupted, it is cancelled. */
async function doRun(runs: OpenRuns, queued: Run, output: Output, ctx: Context): Promise<Run> {
  const { queue, worker, plane, execute } = runs
  const done = new AbortController()
  const signal = AbortSignal.any([ctx.signal, done.signal])
  const own = withSignal(ctx, signal)
  const working = runWorker(
    {
      queue,
      worker,
      execute,
      limits: () => runLimits(plane.loaded.config),
      capacity: () => 1,
      accepts: (run) => run.id === queued.id && acceptsRun(run, plane.loaded.config),
      ended: async () => done.abort(),
      graceMs: 0,
      pollMs: lookEveryMs,
    },
    own,
  )
  const watching = watch(runs, queued, output, own)
  try {
    await Promise.race([working, watching])
  } finally {
    done.abort()
    if (ctx.signal.aborted) await queue.cancel(queued.id)
    await Promise.allSettled([working, watching])
  }
  ctx.signal.throwIfAborted()
  const ended = await plane.catalogue.runs.get(queued.id)
  if (ended === undefined) throw new AppError('RUN_UNKNOWN', { id: queued.id })
  return ended
}

/** Resolves when the run has ended; says why nothing happens meanwhile. */
async function watch({ plane, worker }: OpenRuns, queued: Run, output: Output, ctx: Context): Promise<void> {
  let told = ''
  const agent = agentOf(queued, plane.loaded.config)
  while (!ctx.signal.aborted) {
    const run = await plane.catalogue.runs.get(queued.id)
    if (run === undefined || isEnded(run)) return
    const news =
      run.state === 'queued'
        ? agent === undefined
          ? 'waiting for another run to end'
          : `waiting for the agent ${agent}`
        : run.leasedBy === worker
          ? ''
          : `done by ${run.leasedBy ?? 'another process'}`
    // nothing is said of the moment before it begins
    if (news !== told && ctx.now().getTime() - queued.queuedAt.getTime() > 2000) {
      told = news
      if (news !== '') output.note(news)
    }
    await delay(lookEveryMs, undefined, { signal: ctx.signal }).catch(() => {})
  }
}
