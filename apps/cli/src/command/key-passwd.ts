import { changePassword } from '@holdfast/repository/key/change-password'
import { newKeyOptions, readNewKey } from '../session/new-key.ts'
import { openSession } from '../session/open-session.ts'
import { defineCommand, repositoryExitCodes } from './command.ts'

export const keyPasswd = defineCommand({
  name: 'key passwd',
  purpose: 'Replace the password that the repository was opened with',
  arguments: [],
  options: newKeyOptions,
  examples: [{ explanation: 'Change it, being asked for both', command: 'holdfast key passwd' }],
  exitCodes: repositoryExitCodes(),
  run: async (invocation) => {
    const { output, ctx } = invocation
    await using session = await openSession(invocation, { lock: 'exclusive' })
    const { keyId } = await changePassword(session.repository, await readNewKey(invocation), ctx)
    output.line(`the password is changed; the new key is ${keyId.slice(0, 8)}`)
    output.message({ message_type: 'password_changed', id: keyId })
    return 0
  },
})
