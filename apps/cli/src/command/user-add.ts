import { roleOption } from '../access/role-option.ts'
import { openControlPlane } from '../session/open-catalogue.ts'
import { defineCommand, plainExitCodes } from './command.ts'

export const userAdd = defineCommand({
  name: 'user add',
  purpose: 'Add a user who signs in to the server with a password',
  details: [
    'The password is asked for, or taken from HOLDFAST_USER_PASSWORD or HOLDFAST_USER_PASSWORD_FILE. It needs 12 characters; only what is made of it by argon2id is kept, in the catalogue.',
  ],
  arguments: [
    {
      name: 'name',
      help: 'How the user is called; letters are taken as small ones.',
      required: true,
      repeatable: false,
    },
  ],
  options: { role: roleOption },
  examples: [
    {
      explanation: 'The first user of a server that listens on the network',
      command: 'holdfast user add alice --role admin',
    },
  ],
  exitCodes: plainExitCodes,
  run: async (invocation) => {
    const [given = ''] = invocation.arguments
    const { options, output, ctx } = invocation
    const { checkAccessName } = await import('@holdfast/orchestrator/access/access-name')
    const { createUser } = await import('@holdfast/orchestrator/access/user')
    const { findUserPassword } = await import('../access/find-user-password.ts')
    const { audited } = await import('../access/audited.ts')
    const name = checkAccessName(given)
    const { role = 'viewer' } = options
    const password = await findUserPassword(name, invocation)
    await using plane = await openControlPlane(invocation)
    const { catalogue } = plane
    await audited(catalogue, { act: 'user.add', subject: `${name} ${role}` }, () =>
      createUser({ name, role, password }, catalogue, ctx),
    )
    output.line(`added user ${name}, ${role}`)
    output.message({ message_type: 'user_added', name, role })
    return 0
  },
})
