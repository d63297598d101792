import type { Caller } from '@holdfast/api/caller'
import { agentProtocol } from '@holdfast/api/agent-protocol'
import type { AgentRoutes } from '@holdfast/api/routes/agents'
import type { AgentSelf } from '@holdfast/api/view/agent-view'
import type { AgentSettings } from '@holdfast/core/config/effective-config'
import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import { agentMark, type AgentRefusal, type AgentSight } from '@holdfast/orchestrator/agent/agent-marks'
import { assignmentOf } from '@holdfast/orchestrator/agent/assignment'
import { requireAgent } from '@holdfast/orchestrator/agent/require-agent'
import { exchangeOf } from '../access/exchange.ts'
import { createRequestLimiter } from '../access/request-limiter.ts'
import type { ApiSurroundings } from '../api/api-surroundings.ts'
import type { RouteAnswer } from '../api/route-answer.ts'
import { createAgentDesk, workerName } from './agent-desk.ts'
import { finishAgentRun, hearAgentEvents } from './agent-run.ts'

type WorkRoutes = Omit<AgentRoutes, 'agents.list' | 'agents.add' | 'agents.remove' | 'agents.enrol'>
type Answers = { readonly [Name in keyof WorkRoutes]: RouteAnswer<WorkRoutes[Name]> }

/** An agent may be cut off for so many times as long as a server before its run counts as lost: it finishes its work. */
const patience = 5
const noteSightEveryMs = 20_000
/** An honest one asks a few dozen times; each of its runs may have its heartbeat and its events. */
const requestsPerMinute = 1_200
/** Of what happens in the runs of one agent so much is written into the log here; its own log has all of it. */
const eventsPerMinute = 600

/** What agents ask: each is known by its secret, and is answered about its own runs only. */
export function createAgentWork(surroundings: ApiSurroundings): Answers {
  const { queue, config, machine } = surroundings
  const leaseMs = surroundings.leaseMs * patience
  const desk = createAgentDesk({ ...surroundings, config, leaseMs })
  const greet = createGreeting(surroundings)
  const heard = createRequestLimiter(eventsPerMinute, () => performance.now())
  return {
    async 'agents.hello'({ body: { self, isStart, holds } }, caller, ctx) {
      const { name, concurrency } = await greet(caller, self, ctx)
      await surroundings.catalogue.marks.remove(agentMark.refused(name))
      if (isStart) {
        await desk.release(name, workerName(name, self.instance), holds)
        const { address } = exchangeOf(caller)
        surroundings.log.write('info', `agent ${name} has begun`, { agent: name, address, version: self.version })
      }
      return { name, version: machine.version, protocol: agentProtocol, leaseMs, capacity: concurrency }
    },

    async 'agents.lease'({ body: { self, holds, waitMs } }, caller, ctx) {
      const { name, concurrency } = await greet(caller, self, ctx)
      const worker = workerName(name, self.instance)
      const run = await desk.take({ agent: name, worker, holds, waitMs }, ctx)
      // the agent may have been removed, or the configuration changed, while it waited here
      const isLetIn =
        run !== undefined && (await surroundings.catalogue.marks.get(agentMark.enrolled(name))) !== undefined
      const assignment = run !== undefined && isLetIn ? assignmentOf(run, name, config()) : undefined
      if (run !== undefined && assignment === undefined) await queue.release(run.id, worker)
      return { capacity: concurrency, ...(assignment === undefined ? {} : { assignment: asJson(assignment) }) }
    },

    async 'agents.heartbeat'({ body: { self, run } }, caller, ctx) {
      const { name } = await greet(caller, self, ctx)
      return await queue.heartbeat(run, workerName(name, self.instance), leaseMs)
    },

    async 'agents.release'({ body: { self, run } }, caller, ctx) {
      const { name } = await greet(caller, self, ctx)
      return { isReleased: await queue.release(run, workerName(name, self.instance)) }
    },

    async 'agents.finish'({ body: { self, ...ended } }, caller, ctx) {
      const { name } = await greet(caller, self, ctx)
      return { counts: await finishAgentRun(name, ended, { ...surroundings, config, leaseMs }, ctx) }
    },

    async 'agents.events'({ body: { self, run, events } }, caller, ctx) {
      const { name } = await greet(caller, self, ctx)
      const few = events.filter(() => heard.take(name) === 0)
      return { isHeard: await hearAgentEvents(workerName(name, self.instance), run, few, surroundings) }
    },
  }
}

type Greeting = (caller: Caller, self: AgentSelf, ctx: Context) => Promise<AgentSettings>

/**
 * Whether the configuration knows the agent and it speaks the same protocol; notes that it was seen. Fails with
 * AGENT_UNKNOWN, AGENT_PROTOCOL_MISMATCH, REQUESTS_TOO_MANY.
 */
function createGreeting({ catalogue, config, machine }: ApiSurroundings): Greeting {
  const noted = new Map<string, { readonly atMs: number; readonly instance: string }>()
  const limiter = createRequestLimiter(requestsPerMinute, () => performance.now())
  return async (caller, { protocol, version, instance }, ctx) => {
    const waitMs = limiter.take(caller.name)
    if (waitMs > 0) {
      const details = { what: `agent ${caller.name}`, seconds: Math.ceil(waitMs / 1_000) }
      throw new AppError('REQUESTS_TOO_MANY', details)
    }
    const settings = requireAgent(config(), caller.name)
    const { name } = settings
    if (protocol !== agentProtocol) {
      const refusal: AgentRefusal = { at: ctx.now(), version, protocol }
      await catalogue.marks.set(agentMark.refused(name), JSON.stringify(refusal))
      const [serverVersion, serverProtocol] = [machine.version, agentProtocol]
      const details = { name, agentVersion: version, agentProtocol: protocol, serverVersion, serverProtocol }
      throw new AppError('AGENT_PROTOCOL_MISMATCH', details)
    }
    const [before, atMs] = [noted.get(name), performance.now()]
    if (before === undefined || before.instance !== instance || atMs - before.atMs > noteSightEveryMs) {
      noted.set(name, { atMs, instance })
      const { address } = exchangeOf(caller)
      const sight: AgentSight = { at: ctx.now(), version, instance, address }
      await catalogue.marks.set(agentMark.seen(name), JSON.stringify(sight))
    }
    return settings
  }
}

/** Boundary: an assignment is plain JSON, and what of a workload is not said is not there. */
function asJson(assignment: NonNullable<ReturnType<typeof assignmentOf>>) {
  return structuredClone(assignment) as unknown as NonNullable<
    Awaited<ReturnType<Answers['agents.lease']>>['assignment']
  >
}
