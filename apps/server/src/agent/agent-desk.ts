import { setTimeout as delay } from 'node:timers/promises'
import type { EffectiveConfig } from '@holdfast/core/config/effective-config'
import type { Context } from '@holdfast/core/context'
import type { Catalogue } from '@holdfast/orchestrator/catalogue/catalogue'
import { agentOf } from '@holdfast/orchestrator/run/accepts-run'
import type { Run } from '@holdfast/orchestrator/run/run'
import { runLimits } from '@holdfast/orchestrator/run/run-limits'
import type { RunQueue } from '@holdfast/orchestrator/run/run-queue'

export interface DeskSurroundings {
  readonly catalogue: Pick<Catalogue, 'runs'>
  readonly queue: RunQueue
  readonly leaseMs: number
  config(): EffectiveConfig
}

export interface DeskRequest {
  readonly agent: string
  /** of the process of the agent */
  readonly worker: string
  /** runs that it knows to have */
  readonly holds: readonly string[]
  readonly waitMs: number
}

/** Gives runs to agents, which wait here for one. */
export interface AgentDesk {
  /** The next run of an agent, leased by its process; undefined when none came in time. */
  take(request: DeskRequest, ctx: Context): Promise<Run | undefined>
  /** Frees what earlier processes of an agent had, except where only the result is still to come. */
  release(agent: string, worker: string, holds: readonly string[]): Promise<void>
}

const lookEveryMs = 1_000

/** "agent/web-1:9f3c": who has a run that an agent does. */
export function workerName(agent: string, instance: string): string {
  return `agent/${agent}:${instance}`
}

export function createAgentDesk({ catalogue, queue, leaseMs, config }: DeskSurroundings): AgentDesk {
  let look: { readonly atMs: number; readonly agents: Promise<ReadonlySet<string>> } | undefined
  /** Which agents something waits for; however many ask, the catalogue is asked once a second. */
  const agentsWithWork = (ctx: Context): Promise<ReadonlySet<string>> => {
    const atMs = performance.now()
    if (look === undefined || atMs - look.atMs >= lookEveryMs) {
      look = { atMs, agents: findWork(catalogue, config(), ctx) }
    }
    return look.agents
  }
  const lease = (agent: string, worker: string, holds: readonly string[]): Promise<Run | undefined> =>
    queue.lease(worker, {
      leaseMs,
      limits: runLimits(config()),
      isKnownDue: true,
      accepts: (run) => agentOf(run, config()) === agent && !holds.includes(run.id),
    })
  const running = (): Promise<readonly Run[]> => catalogue.runs.list({ states: ['running'], operation: 'backup' })
  return {
    async take({ agent, worker, holds, waitMs }, ctx) {
      const endsAtMs = performance.now() + waitMs
      // One that was given before, in an answer that did not arrive.
      const given = (await running()).find(({ id, leasedBy }) => leasedBy === worker && !holds.includes(id))
      if (given !== undefined && !(await queue.heartbeat(given.id, worker, leaseMs)).isLost) return given
      for (;;) {
        if (ctx.signal.aborted) return undefined
        if ((await agentsWithWork(ctx)).has(agent)) {
          const run = await lease(agent, worker, holds)
          if (run !== undefined) return run
        }
        const leftMs = endsAtMs - performance.now()
        if (leftMs <= 0) return undefined
        await delay(Math.min(lookEveryMs, leftMs), undefined, { signal: ctx.signal }).catch(() => {})
      }
    },
    async release(agent, worker, holds) {
      const own = workerName(agent, '')
      const earlier = (await running()).flatMap(({ id, leasedBy = '' }) =>
        leasedBy.startsWith(own) && leasedBy !== worker && !holds.includes(id) ? [{ id, leasedBy }] : [],
      )
      // a lease that ends now
      for (const { id, leasedBy } of earlier) await queue.heartbeat(id, leasedBy, -1)
      if (earlier.length > 0) await queue.expire()
    },
  }
}

async function findWork(
  catalogue: Pick<Catalogue, 'runs'>,
  config: EffectiveConfig,
  ctx: Context,
): Promise<ReadonlySet<string>> {
  if (config.agents.size === 0) return new Set()
  const queued = await catalogue.runs.list({ states: ['queued'], operation: 'backup' })
  const nowMs = ctx.now().getTime() + lookEveryMs
  const due = queued.filter(({ dueAt }) => dueAt.getTime() <= nowMs)
  return new Set(due.flatMap((run) => agentOf(run, config) ?? []))
}
