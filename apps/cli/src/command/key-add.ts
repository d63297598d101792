import { addKey } from '@holdfast/repository/key/add-key'
import { newKeyOptions, readNewKey } from '../session/new-key.ts'
import { openSession } from '../session/open-session.ts'
import { defineCommand, repositoryExitCodes } from './command.ts'

export const keyAdd = defineCommand({
  name: 'key add',
  purpose: 'Add a key (password) to a repository',
  arguments: [],
  options: newKeyOptions,
  examples: [
    {
      explanation: 'A second password, from a file',
      command: 'holdfast key add --new-password-file ~/second-password',
    },
  ],
  exitCodes: repositoryExitCodes(),
  run: async (invocation) => {
    const { output, ctx } = invocation
    await using session = await openSession(invocation, { lock: 'append' })
    const id = await addKey(session.repository, await readNewKey(invocation), ctx)
    output.line(`added key ${id.slice(0, 8)}`)
    output.message({ message_type: 'key_added', id })
    return 0
  },
})
