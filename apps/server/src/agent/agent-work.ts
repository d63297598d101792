import type { Caller } from '@holdfast/api/caller'
import { agentProtocol } from '@holdfast/api/agent-protocol'
import type { RouteInput } from '@holdfast/api/route'
import type { AgentRoutes } from '@holdfast/api/routes/agents'
import type { Context } from '@holdfast/core/context'
import { isAppError } from '@holdfast/core/errors/app-error'
import { agentMark } from '@holdfast/orchestrator/agent/agent-marks'
import { isNewestProcess, stampAgent } from '@holdfast/orchestrator/agent/agent-stamp'
import { assignmentOf } from '@holdfast/orchestrator/agent/assignment'
import { exchangeOf } from '../access/exchange.ts'
import { createRequestLimiter } from '../access/request-limiter.ts'
import type { ApiSurroundings } from '../api/api-surroundings.ts'
import type { RouteAnswer } from '../api/route-answer.ts'
import { createAgentDesk, workerName } from './agent-desk.ts'
import { type AgentGreeting, createAgentGreeting } from './agent-greeting.ts'
import { finishAgentRun, hearAgentEvents } from './agent-run.ts'

type WorkRoutes = Omit<AgentRoutes, 'agents.list' | 'agents.add' | 'agents.remove' | 'agents.enrol'>
type Answers = { readonly [Name in keyof WorkRoutes]: RouteAnswer<WorkRoutes[Name]> }

/** An agent may be cut off for so many times as long as a server before its run counts as lost: it finishes its work. */
const patience = 5
/** Of what happens in the runs of one agent so much is written into the log here; its own log has all of it. */
const eventsPerMinute = 600

/** What agents ask: each is known by its secret, and is answered about its own runs only. */
export function createAgentWork(surroundings: ApiSurroundings): Answers {
  const { queue, config, machine } = surroundings
  const leaseMs = surroundings.leaseMs * patience
  const desk = createAgentDesk({ ...surroundings, config, leaseMs })
  const greeting = createAgentGreeting(surroundings)
  const { know, greet } = greeting
  const heard = createRequestLimiter(eventsPerMinute, () => performance.now())
  return {
    async 'agents.hello'({ body }, caller, ctx) {
      const { self, isStart, holds } = body
      const { name, concurrency } = await know(caller, self, ctx)
      const stamp = await stampProcess(body, caller, greeting, surroundings.catalogue, ctx)
      const { marks } = surroundings.catalogue
      // asked twice a minute, and there hardly ever
      if ((await marks.get(agentMark.refused(name))) !== undefined) await marks.remove(agentMark.refused(name))
      if (isStart) {
        await desk.release(name, workerName(name, self.instance), holds)
        const { address } = exchangeOf(caller)
        surroundings.log.write('info', `agent ${name} has begun`, { agent: name, address, version: self.version })
      }
      return { name, version: machine.version, protocol: agentProtocol, leaseMs, capacity: concurrency, stamp }
    },

    async 'agents.lease'({ body: { self, holds, waitMs } }, caller, ctx) {
      const { name, concurrency } = await greet(caller, self, ctx)
      const worker = workerName(name, self.instance)
      const run = await desk.take({ agent: name, worker, holds, waitMs }, ctx)
      // the agent may have been removed or begun anew, or the configuration changed, while it waited here
      const isLetIn = run !== undefined && (await isNewestProcess(surroundings.catalogue.marks, name, self.instance))
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

/** Gives the process of an agent its next stamp, and lets one that begins take over. Fails with AGENT_COPIED. */
async function stampProcess(
  { self, isStart, stamp }: RouteInput<AgentRoutes['agents.hello']>['body'],
  caller: Caller,
  greeting: AgentGreeting,
  { marks }: ApiSurroundings['catalogue'],
  ctx: Context,
): Promise<number> {
  try {
    const next = await stampAgent(marks, caller.name, { instance: self.instance, isStart, stamp })
    await greeting.noteSight(caller, self, ctx)
    return next
  } catch (error) {
    if (isAppError(error, 'AGENT_COPIED')) await greeting.noteCopy(caller, ctx)
    throw error
  }
}

/** Boundary: an assignment is plain JSON, and what of a workload is not said is not there. */
function asJson(assignment: NonNullable<ReturnType<typeof assignmentOf>>) {
  return structuredClone(assignment) as unknown as NonNullable<
    Awaited<ReturnType<Answers['agents.lease']>>['assignment']
  >
}
