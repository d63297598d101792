import { openControlPlane } from '../session/open-catalogue.ts'
import { defineCommand, plainExitCodes } from './command.ts'

export const agentList = defineCommand({
  name: 'agent list',
  purpose: 'List the agents, and when each was seen last',
  arguments: [],
  options: {},
  examples: [{ explanation: 'Who is connected?', command: 'holdfast agent list' }],
  exitCodes: plainExitCodes,
  run: async (invocation) => {
    const { output, ctx } = invocation
    await using plane = await openControlPlane(invocation)
    const { listAgents } = await import('@holdfast/orchestrator/agent/list-agents')
    const { agentJson, renderAgents } = await import('../agent/render-agents.ts')
    const now = ctx.now()
    const agents = listAgents(plane.loaded.config, await plane.catalogue.marks.list('agents/'), now)
    output.line(renderAgents(agents, now))
    output.message(agents.map(agentJson))
    return 0
  },
})
