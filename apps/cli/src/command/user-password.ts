import { openControlPlane } from '../session/open-catalogue.ts'
import { defineCommand, plainExitCodes } from './command.ts'

export const userPassword = defineCommand({
  name: 'user password',
  purpose: 'Give a user another password',
  details: [
    'It is asked for, or taken from HOLDFAST_USER_PASSWORD or HOLDFAST_USER_PASSWORD_FILE. The sessions of the user end; tokens stay.',
  ],
  arguments: [{ name: 'name', help: 'The user.', required: true, repeatable: false }],
  options: {},
  examples: [{ explanation: 'Alice has forgotten hers', command: 'holdfast user password alice' }],
  exitCodes: plainExitCodes,
  run: async (invocation) => {
    const [given = ''] = invocation.arguments
    const name = given.toLowerCase()
    const { changePassword } = await import('@holdfast/orchestrator/access/user')
    const { findUserPassword } = await import('../access/find-user-password.ts')
    const { audited } = await import('../access/audited.ts')
    const password = await findUserPassword(name, invocation)
    await using plane = await openControlPlane(invocation)
    const act = { act: 'user.password', subject: name }
    await audited(plane.catalogue, act, () => changePassword(name, password, plane.catalogue))
    invocation.output.line(`user ${name} has another password`)
    invocation.output.message({ message_type: 'user_changed', name })
    return 0
  },
})
