import { type Role, roles } from '@holdfast/core/access/role'
import { invalidArgument } from '../argument/option.ts'
import { openControlPlane } from '../session/open-catalogue.ts'
import { defineCommand, plainExitCodes } from './command.ts'

export const userRole = defineCommand({
  name: 'user role',
  purpose: 'Give a user another role',
  details: [
    'The sessions of the user end. The only admin stays one. Whoever signs in through a provider of identities gets the role from there each time.',
  ],
  arguments: [
    { name: 'name', help: 'The user.', required: true, repeatable: false },
    { name: 'role', help: 'What the user may do from now on.', required: true, repeatable: false, choices: [...roles] },
  ],
  options: {},
  examples: [{ explanation: 'Bob may start runs and restore, too', command: 'holdfast user role bob operator' }],
  exitCodes: plainExitCodes,
  run: async (invocation) => {
    const [given = '', wanted = ''] = invocation.arguments
    const name = given.toLowerCase()
    const role = readRole(wanted)
    await using plane = await openControlPlane(invocation)
    const { changeRole } = await import('@holdfast/orchestrator/access/user')
    const { audited } = await import('../access/audited.ts')
    const act = { act: 'user.role', subject: `${name} ${role}` }
    await audited(plane.catalogue, act, () => changeRole(name, role, plane.catalogue))
    invocation.output.line(`user ${name} is ${role}`)
    invocation.output.message({ message_type: 'user_changed', name, role })
    return 0
  },
})

function readRole(raw: string): Role {
  const role = roles.find((each) => each === raw)
  if (role === undefined) throw invalidArgument('role', raw, `it must be one of ${roles.join(', ')}`)
  return role
}
