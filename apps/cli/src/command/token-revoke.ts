import { openControlPlane } from '../session/open-catalogue.ts'
import { defineCommand, plainExitCodes } from './command.ts'

export const tokenRevoke = defineCommand({
  name: 'token revoke',
  purpose: 'Make a token worthless, at once',
  arguments: [{ name: 'name', help: 'The token.', required: true, repeatable: false }],
  options: {},
  examples: [{ explanation: 'It got into a log', command: 'holdfast token revoke deploy' }],
  exitCodes: plainExitCodes,
  run: async (invocation) => {
    const [given = ''] = invocation.arguments
    const name = given.toLowerCase()
    await using plane = await openControlPlane(invocation)
    const { revokeToken } = await import('@holdfast/orchestrator/access/token')
    const { audited } = await import('../access/audited.ts')
    const act = { act: 'token.revoke', subject: name }
    await audited(plane.catalogue, act, () => revokeToken(name, plane.catalogue))
    invocation.output.line(`revoked token ${name}`)
    invocation.output.message({ message_type: 'token_revoked', name })
    return 0
  },
})
