import { maySee } from '@holdfast/api/caller'
import type { AgentRoutes } from '@holdfast/api/routes/agents'
import { inviteAgent, enrolAgent, removeAgent } from '@holdfast/orchestrator/agent/agent-enrolment'
import { listAgents } from '@holdfast/orchestrator/agent/list-agents'
import { requireAgent } from '@holdfast/orchestrator/agent/require-agent'
import type { ApiSurroundings } from '../api/api-surroundings.ts'
import type { RouteAnswer } from '../api/route-answer.ts'
import { requireUnlimited } from '../api/seen-by.ts'
import { createAgentWork } from './agent-work.ts'

type Answers = { readonly [Name in keyof AgentRoutes]: RouteAnswer<AgentRoutes[Name]> }

/** What people and agents ask about agents. */
export function createAgentAnswers(surroundings: ApiSurroundings): Answers {
  const { catalogue, config } = surroundings
  const { marks } = catalogue
  return {
    ...createAgentWork(surroundings),

    async 'agents.list'(_input, caller, ctx) {
      const agents = listAgents(config(), await marks.list('agents/'), ctx.now())
      return {
        agents: agents.flatMap(({ enrolledAt, seen, sources, ...rest }) => {
          const seenSources = sources.filter((source) => maySee(caller, source))
          if (caller.sources !== undefined && seenSources.length === 0) return []
          const sight =
            seen === undefined ? {} : { seenAt: seen.at.toISOString(), version: seen.version, address: seen.address }
          const enrolled = enrolledAt === undefined ? {} : { enrolledAt: enrolledAt.toISOString() }
          return [{ ...rest, sources: seenSources, ...enrolled, ...sight }]
        }),
      }
    },

    async 'agents.add'({ body: { name, validForMs } }, caller, ctx) {
      requireUnlimited(caller)
      requireAgent(config(), name)
      const { token, expiresAt } = await inviteAgent(marks, name, validForMs, ctx)
      return { name, token, expiresAt: expiresAt.toISOString() }
    },

    async 'agents.remove'({ params: { agent } }, caller) {
      requireUnlimited(caller)
      return { name: agent, wasKnown: await removeAgent(marks, agent) }
    },

    async 'agents.enrol'({ body: { token, secretDigest } }, _caller, ctx) {
      return { name: await enrolAgent(marks, token, secretDigest, ctx) }
    },
  }
}
