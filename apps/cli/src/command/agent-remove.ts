import { openControlPlane } from '../session/open-catalogue.ts'
import { defineCommand, plainExitCodes } from './command.ts'

export const agentRemove = defineCommand({
  name: 'agent remove',
  purpose: 'Take back what lets an agent in',
  details: [
    'Its secret is worth nothing at once, and so is a token that was not used. What it has backed up stays. Sources that name it are not backed up until another machine is let in as this agent, or they name none.',
  ],
  arguments: [{ name: 'name', help: 'Name of the agent.', required: true, repeatable: false }],
  options: {},
  examples: [{ explanation: 'The machine was lost', command: 'holdfast agent remove web-1' }],
  exitCodes: plainExitCodes,
  run: async (invocation) => {
    const [name = ''] = invocation.arguments
    const { output } = invocation
    await using plane = await openControlPlane(invocation)
    const { audited } = await import('../access/audited.ts')
    const { removeAgent } = await import('@holdfast/orchestrator/agent/agent-enrolment')
    const { requireAgent } = await import('@holdfast/orchestrator/agent/require-agent')
    const { catalogue, loaded } = plane
    const wasKnown = await audited(catalogue, { act: 'agent.remove', subject: name }, async () => {
      if (await removeAgent(catalogue.marks, name)) return true
      // one that was taken out of the configuration before is removed all the same
      requireAgent(loaded.config, name)
      return false
    })
    output.line(wasKnown ? `${name} is not let in any more` : `${name} had not been let in`)
    output.message({ message_type: 'summary', name, was_known: wasKnown })
    return 0
  },
})
