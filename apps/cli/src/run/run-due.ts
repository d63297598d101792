import { planFollowUps } from '@holdfast/orchestrator/planning/follow-up'
import { enqueueAll, tick } from '@holdfast/orchestrator/planning/scheduler'
import { acceptsRun } from '@holdfast/orchestrator/run/accepts-run'
import type { Run } from '@holdfast/orchestrator/run/run'
import { runLimits } from '@holdfast/orchestrator/run/run-limits'
import { runWorker } from '@holdfast/orchestrator/run/run-worker'
import { createLookout } from '@holdfast/server/lookout'
import { createServerLog } from '@holdfast/server/server-log'
import type { Invocation } from '../command/command.ts'
import { currentMachine } from '../session/current-machine.ts'
import { openRuns } from './open-runs.ts'
import { exitCodeOf, renderRun, runJson } from './run-report.ts'

/** One look at everything, as a server takes all the time. */
export async function runDue(invocation: Invocation): Promise<number> {
  const { output, ctx } = invocation
  await using runs = await openRuns(invocation)
  const { queue, worker, plane, execute } = runs
  const { config } = plane.loaded
  const ended: Run[] = []
  await tick(plane.catalogue, queue, config, ctx)
  await runWorker(
    {
      queue,
      worker,
      execute,
      limits: () => runLimits(config),
      capacity: () => config.server.concurrency.host,
      accepts: (run) => acceptsRun(run, config),
      until: 'idle',
      pollMs: 200,
      ended: async (run, { state, result, error, retryAt }) => {
        const parts = { ...(result === undefined ? {} : { result }), ...(error === undefined ? {} : { error }) }
        const after: Run = { ...run, state, ...parts, endedAt: ctx.now() }
        ended.push(after)
        output.line(renderRun(after))
        output.message({ message_type: 'run', ...runJson(after) })
        if (retryAt === undefined) await enqueueAll(queue, planFollowUps(after, config, ctx.now()))
        else output.note('it is tried again by a later call')
      },
    },
    ctx,
  )
  ctx.signal.throwIfAborted()
  const log = createServerLog({ write: (line) => output.json || process.stderr.write(line) }, () => ctx.now())
  const lookout = createLookout({
    catalogue: plane.catalogue,
    machine: currentMachine(invocation),
    log,
    config: () => config,
  })
  lookout.ticked(ctx.now())
  await lookout.look(ctx)
  if (ended.length === 0) output.note('nothing is due')
  return exitCodeOf(ended)
}
