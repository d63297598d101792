import { openControlPlane } from '../session/open-catalogue.ts'
import { defineCommand, plainExitCodes } from './command.ts'

export const userRemove = defineCommand({
  name: 'user remove',
  purpose: 'Remove a user, with sessions and tokens',
  details: ['The only admin cannot be removed.'],
  arguments: [{ name: 'name', help: 'The user.', required: true, repeatable: false }],
  options: {},
  examples: [{ explanation: 'Bob has left', command: 'holdfast user remove bob' }],
  exitCodes: plainExitCodes,
  run: async (invocation) => {
    const [given = ''] = invocation.arguments
    const name = given.toLowerCase()
    await using plane = await openControlPlane(invocation)
    const { removeUser } = await import('@holdfast/orchestrator/access/user')
    const { audited } = await import('../access/audited.ts')
    const act = { act: 'user.remove', subject: name }
    await audited(plane.catalogue, act, () => removeUser(name, plane.catalogue))
    invocation.output.line(`removed user ${name}`)
    invocation.output.message({ message_type: 'user_removed', name })
    return 0
  },
})
