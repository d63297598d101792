import type { AgentRoutes } from '@holdfast/api/routes/agents'
import type { RouteInput } from '@holdfast/api/route'
import type { AgentEvent } from '@holdfast/api/view/agent-view'
import { defined } from '@holdfast/core/config/defined'
import type { Context } from '@holdfast/core/context'
import { AppError, isAppError } from '@holdfast/core/errors/app-error'
import { acceptReport, writeReport } from '@holdfast/orchestrator/agent/accept-report'
import { plainText } from '@holdfast/orchestrator/agent/plain-text'
import type { RunOutcome } from '@holdfast/orchestrator/run/run-queue'
import type { ApiSurroundings } from '../api/api-surroundings.ts'
import { fieldsOf, noteEnded } from '../run/note-ended.ts'
import { workerName } from './agent-desk.ts'

type Ended = Omit<RouteInput<AgentRoutes['agents.finish']>['body'], 'self'>

const nothing = { snapshots: [], figures: [] } as const

/**
 * Writes down how a run of an agent ended, if the run is still that process's; says whether it counts. What cannot be true
 * ends the run as failed. Fails with AGENT_RUN_FOREIGN, AGENT_REPORT_INVALID.
 */
export async function finishAgentRun(
  agent: string,
  ended: Ended,
  surroundings: ApiSurroundings,
  ctx: Context,
): Promise<boolean> {
  const { catalogue, queue, config, leaseMs } = surroundings
  const run = await catalogue.runs.get(ended.run)
  if (run === undefined || run.leasedBy?.startsWith(workerName(agent, '')) !== true) {
    throw new AppError('AGENT_RUN_FOREIGN', { id: ended.run, name: agent })
  }
  const worker = workerName(agent, ended.leasedBy)
  const outcome = outcomeOf(ended, ctx)
  // An answer may have got lost: what was taken before is not taken again, and counts.
  if (run.state !== 'running') return run.leasedBy === worker && run.state === outcome.state
  if ((await queue.heartbeat(run.id, worker, leaseMs)).isLost) return false
  const source = config().sources.get(run.source ?? '')
  try {
    if (source !== undefined) {
      const report = acceptReport({ run, source, agent, outcome, report: ended.report ?? nothing }, ctx.now())
      if (outcome.result !== undefined) await writeReport(report, source.name, catalogue)
    }
  } catch (error) {
    if (!isAppError(error, 'AGENT_REPORT_INVALID')) throw error
    const { code, message, hint } = error
    const refused: RunOutcome = { state: 'failed', error: { code, message, hint } }
    if (await queue.finish(run.id, worker, refused)) await noteEnded(run, refused, surroundings, ctx)
    throw error
  }
  const counts = await queue.finish(run.id, worker, outcome)
  if (counts) await noteEnded(run, outcome, surroundings, ctx)
  return counts
}

function outcomeOf({ outcome: { state, result, error, retryInMs } }: Ended, ctx: Context): RunOutcome {
  const isMade = state === 'succeeded' || state === 'partial'
  const problems = result?.problems?.map(plainText)
  return {
    state,
    ...(isMade ? { result: defined({ ...result, problems }) } : {}),
    ...(isMade || error === undefined
      ? {}
      : { error: { code: error.code, message: plainText(error.message), hint: plainText(error.hint) } }),
    ...(isMade || retryInMs === undefined ? {} : { retryAt: new Date(ctx.now().getTime() + retryInMs) }),
  }
}

/** Writes what happens into the log of the server; false when the run is not, or no longer, that process's. */
export async function hearAgentEvents(
  worker: string,
  runId: string,
  events: readonly AgentEvent[],
  { catalogue, log, feed }: Pick<ApiSurroundings, 'catalogue' | 'log' | 'feed'>,
): Promise<boolean> {
  const run = await catalogue.runs.get(runId)
  if (run === undefined || run.leasedBy !== worker || run.state !== 'running') return false
  for (const event of events.map(plainEvent)) {
    log.event(event, { ...fieldsOf(run), worker })
    feed.progressed(run, event)
  }
  return true
}

function plainEvent(event: AgentEvent) {
  // boundary: only texts are replaced, by texts
  return Object.fromEntries(
    Object.entries(event).map(([key, value]) => [key, typeof value === 'string' ? plainText(value) : value]),
  ) as Parameters<ApiSurroundings['log']['event']>[0]
}
