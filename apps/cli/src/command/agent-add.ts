import { parseDurationMs } from '@holdfast/core/units/duration'
import { invalidArgument, single } from '../argument/option.ts'
import { openControlPlane } from '../session/open-catalogue.ts'
import { defineCommand, plainExitCodes } from './command.ts'

const hourMs = 3_600_000

export const agentAdd = defineCommand({
  name: 'agent add',
  purpose: 'Make a token with which an agent gets in once',
  details: [
    'The agent must be named below `agents` in the configuration. The token is printed here and kept nowhere; one that was made before and not used no longer holds. An agent that is in already stays in until the new token is used.',
  ],
  arguments: [{ name: 'name', help: 'Name of the agent.', required: true, repeatable: false }],
  options: {
    valid: single(
      { placeholder: '<duration>', help: 'How long the token may be used, once.', fallback: '1h' },
      readValidity,
    ),
  },
  examples: [{ explanation: 'For the agent on web-1', command: 'holdfast agent add web-1' }],
  exitCodes: plainExitCodes,
  run: async (invocation) => {
    const [name = ''] = invocation.arguments
    const { options, output, ctx } = invocation
    await using plane = await openControlPlane(invocation)
    const { audited } = await import('../access/audited.ts')
    const { requireAgent } = await import('@holdfast/orchestrator/agent/require-agent')
    const { inviteAgent } = await import('@holdfast/orchestrator/agent/agent-enrolment')
    const { catalogue, loaded } = plane
    const { token, expiresAt } = await audited(catalogue, { act: 'agent.add', subject: name }, async () => {
      requireAgent(loaded.config, name)
      return await inviteAgent(catalogue.marks, name, options.valid ?? hourMs, ctx)
    })
    output.line(token)
    output.note(`good for once, until ${expiresAt.toISOString()}; on the machine of the agent:`)
    output.note('  HOLDFAST_ENROLMENT_TOKEN=<token> holdfast agent --server <url>')
    output.message({ message_type: 'agent_token', name, token, expires_at: expiresAt.toISOString() })
    return 0
  },
})

function readValidity(raw: string, label: string): number {
  const validForMs = parseDurationMs(raw, label)
  if (validForMs >= 60_000 && validForMs <= 30 * 24 * hourMs) return validForMs
  throw invalidArgument(label, raw, 'it must be from 1m to 30d')
}
