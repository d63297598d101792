import { setTimeout as delay } from 'node:timers/promises'
import { longestLeaseWaitMs } from '@holdfast/api/agent-protocol'
import type { AgentSelf } from '@holdfast/api/view/agent-view'
import type { Context } from '@holdfast/core/context'
import { defined } from '@holdfast/core/config/defined'
import { isAppError } from '@holdfast/core/errors/app-error'
import type { AgentReport } from '@holdfast/orchestrator/agent/agent-report'
import { runOfAssignment } from '@holdfast/orchestrator/agent/assigned-config'
import type { Assignment } from '@holdfast/orchestrator/agent/assignment'
import type { LeasedRuns, RunOutcome } from '@holdfast/orchestrator/run/run-queue'
import { isCopied } from './agent-hello.ts'
import type { ResultDelivery, RunEnd } from './result-delivery.ts'
import type { ServerLink } from './server-link.ts'

export interface RemoteSurroundings {
  readonly link: Pick<ServerLink, 'ask'>
  readonly self: AgentSelf
  readonly delivery: ResultDelivery
  /** of what the runs here have noted, by run; taken away with the result */
  readonly reports: Map<string, AgentReport>
  /** stopped when no more is to be leased */
  readonly ctx: Context
}

export interface RemoteRuns extends LeasedRuns {
  /** what is to be done in a run that has been leased */
  assignment(runId: string): Assignment
  /** how many runs the server wants this agent to do at once */
  capacity(): number
}

const firstPauseMs = 1_000
const longestPauseMs = 30_000
const keptMs = 2_000
/** Beside the waiting itself. */
const answerWithinMs = 15_000

/**
 * The queue of runs behind the server. A server that is away does not stop what is being done: its result is kept here
 * until it can be delivered, and the server decides whether it still counts.
 */
export function createRemoteRuns(given: RemoteSurroundings, firstCapacity: number): RemoteRuns {
  const { link, self, delivery, reports, ctx } = given
  const assignments = new Map<string, Assignment>()
  let capacity = firstCapacity
  let pauseMs = firstPauseMs

  /** Not all agents come back in the same moment when a server does. */
  const backOff = async (): Promise<void> => {
    await delay(pauseMs * (0.5 + Math.random()), undefined, { signal: ctx.signal }).catch(() => {})
    pauseMs = Math.min(longestPauseMs, pauseMs * 2)
  }
  return {
    capacity: () => capacity,
    assignment(runId) {
      const found = assignments.get(runId)
      if (found === undefined) throw new Error('a run was not leased here')
      return found
    },

    async lease() {
      const holds = [...new Set([...assignments.keys(), ...delivery.pending()])]
      const askedAtMs = performance.now()
      try {
        const body = { self, holds, waitMs: longestLeaseWaitMs }
        const answer = await link.ask('agents.lease', body, ctx, longestLeaseWaitMs + answerWithinMs)
        pauseMs = firstPauseMs
        capacity = answer.capacity
        if (answer.assignment === undefined) return undefined
        // boundary: the server sends what `assignmentOf` has made, in the same protocol
        const assignment = answer.assignment as unknown as Assignment
        assignments.set(assignment.run.id, assignment)
        return runOfAssignment(assignment, ctx.now())
      } catch (error) {
        if (ctx.signal.aborted) return undefined
        if (isAppError(error)) ctx.emit({ type: 'message.noted', level: 'warning', message: error.message })
        else throw error
        // a question that was kept for some time had a server that kept it
        if (performance.now() - askedAtMs > keptMs) pauseMs = firstPauseMs
        await backOff()
        return undefined
      }
    },

    async heartbeat(run) {
      try {
        return await link.ask('agents.heartbeat', { self, run }, quiet(ctx))
      } catch (error) {
        if (!isAppError(error)) throw error
        // a server that is away is no reason to stop; another process that has taken over is
        return { isLost: isCopied(error), isCancelRequested: false }
      }
    },

    async finish(runId, _worker, outcome) {
      const report = reports.get(runId)
      await delivery.add({
        run: runId,
        leasedBy: self.instance,
        outcome: wireOutcome(outcome, ctx),
        ...(report === undefined ? {} : { report }),
      })
      reports.delete(runId)
      assignments.delete(runId)
      return true
    },

    async release(runId) {
      assignments.delete(runId)
      reports.delete(runId)
      try {
        return (await link.ask('agents.release', { self, run: runId }, quiet(ctx), answerWithinMs)).isReleased
      } catch (error) {
        if (!isAppError(error)) throw error
        // its lease runs out, or ends when this agent begins again
        return true
      }
    },

    // the servers look after that
    expire: async () => [],
  }
}

/** Heartbeats go on, and runs are handed back, while the agent is being stopped. */
function quiet(ctx: Context): Context {
  return { signal: new AbortController().signal, emit: () => {}, now: () => ctx.now() }
}

function wireOutcome({ state, result, error, retryAt }: RunOutcome, ctx: Context): RunEnd['outcome'] {
  if (state === 'lost') throw new Error('no run is lost to the one who does it')
  const { snapshots, problems, filesNew, filesChanged, filesUnmodified, bytesRead, bytesAdded, bytesStored } =
    result ?? {}
  const figures = { filesNew, filesChanged, filesUnmodified, bytesRead, bytesAdded, bytesStored }
  return defined({
    state,
    result:
      result === undefined
        ? undefined
        : defined({
            ...figures,
            snapshots: snapshots === undefined ? undefined : { ...snapshots },
            problems: problems?.map((problem) => problem.slice(0, 2_000)),
          }),
    error:
      error === undefined
        ? undefined
        : { code: error.code, message: error.message.slice(0, 4_000), hint: error.hint.slice(0, 2_000) },
    retryInMs: retryAt === undefined ? undefined : Math.max(0, retryAt.getTime() - ctx.now().getTime()),
  })
}
