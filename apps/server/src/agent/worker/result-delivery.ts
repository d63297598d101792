import { setTimeout as delay } from 'node:timers/promises'
import type { RouteRequest } from '@holdfast/api/route'
import type { AgentRoutes } from '@holdfast/api/routes/agents'
import type { AgentSelf } from '@holdfast/api/view/agent-view'
import type { Context } from '@holdfast/core/context'
import { isAppError } from '@holdfast/core/errors/app-error'
import type { AgentReport } from '@holdfast/orchestrator/agent/agent-report'
import type { ResultSpool } from '@holdfast/orchestrator/agent/result-spool'
import type { ServerLog } from '../../server-log.ts'
import type { ServerLink } from './server-link.ts'

/** What is delivered of a run that has ended, except who delivers it. */
export interface RunEnd extends Pick<FinishBody, 'run' | 'leasedBy' | 'outcome'> {
  readonly report?: AgentReport
}

type FinishBody = RouteRequest<AgentRoutes['agents.finish']>['body']

export interface ResultDelivery {
  /** Durable when it returns; delivered as soon as the server takes it. */
  add(end: RunEnd): Promise<void>
  /** runs whose results have not been taken yet */
  pending(): readonly string[]
  /** Until the context is stopped; what is left then stays for the next start. */
  run(ctx: Context): Promise<void>
  /** Tries everything once. */
  flush(ctx: Context): Promise<void>
}

export interface DeliverySurroundings {
  readonly spool: ResultSpool
  readonly link: Pick<ServerLink, 'ask'>
  readonly self: AgentSelf
  readonly log: ServerLog
}

/** What the server says of a result that it will never take. All else may change: a removed agent is let in again. */
const hopeless = new Set(['AGENT_RUN_FOREIGN', 'AGENT_REPORT_INVALID', 'REQUEST_INVALID'])

const firstPauseMs = 1_000
const longestPauseMs = 30_000

/** Brings results to the server, those of earlier processes first. */
export async function openDelivery({ spool, link, self, log }: DeliverySurroundings): Promise<ResultDelivery> {
  const waiting = new Set((await spool.list()).map(({ id }) => id))
  let wake = new AbortController()

  const deliver = async (id: string, text: string, ctx: Context): Promise<void> => {
    // boundary: `add` wrote it, here or in an earlier process
    const end = JSON.parse(text) as Omit<FinishBody, 'self'>
    try {
      const { counts } = await link.ask('agents.finish', { self, ...end }, ctx)
      if (counts) log.write('info', `the result of run ${id} was delivered`, { run: id, state: end.outcome.state })
      else {
        log.write('warning', `the result of run ${id} came too late: the server has given it up`, { run: id })
      }
    } catch (error) {
      if (!isAppError(error) || !hopeless.has(String(error.details['code']))) throw error
      log.failure(`the result of run ${id} is not accepted`, error, { run: id })
    }
    await spool.remove(id)
    waiting.delete(id)
  }
  const flush = async (ctx: Context): Promise<void> => {
    const failures: unknown[] = []
    // one that the server stumbles over keeps no other waiting
    for (const { id, result } of await spool.list()) {
      await deliver(id, result, ctx).catch((error: unknown) => failures.push(error))
      if (ctx.signal.aborted) break
    }
    if (failures.length > 0) throw failures[0]
  }

  return {
    async add(end) {
      await spool.keep(end.run, JSON.stringify(end))
      waiting.add(end.run)
      wake.abort()
    },
    pending: () => [...waiting],
    flush,
    async run(ctx) {
      let pauseMs = firstPauseMs
      while (!ctx.signal.aborted) {
        wake = new AbortController()
        try {
          await flush(ctx)
          pauseMs = firstPauseMs
        } catch (error) {
          if (ctx.signal.aborted) return
          if (isAppError(error)) ctx.emit({ type: 'message.noted', level: 'warning', message: error.message })
          else log.failure('results cannot be delivered', error)
        }
        const signals = waiting.size === 0 ? [ctx.signal, wake.signal] : [ctx.signal]
        const forMs = waiting.size === 0 ? longestPauseMs : pauseMs * (0.5 + Math.random())
        await delay(forMs, undefined, { signal: AbortSignal.any(signals) }).catch(() => {})
        pauseMs = Math.min(longestPauseMs, pauseMs * 2)
      }
    },
  }
}
