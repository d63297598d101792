import { removeKey } from '@holdfast/repository/key/remove-key'
import { openSession } from '../session/open-session.ts'
import { defineCommand, repositoryExitCodes } from './command.ts'

export const keyRemove = defineCommand({
  name: 'key remove',
  purpose: 'Remove a key (password) from a repository',
  details: [
    'Whoever knew the password may have kept the master key. If it may be in wrong hands, copy the snapshots to a new repository.',
  ],
  arguments: [{ name: 'id', help: 'Id of the key, or its beginning.', required: true, repeatable: false }],
  options: {},
  examples: [{ explanation: 'Shut out the first key of the list', command: 'holdfast key remove 1a2b3c4d' }],
  exitCodes: repositoryExitCodes(),
  run: async (invocation) => {
    const {
      arguments: [prefix = ''],
      output,
      ctx,
    } = invocation
    await using session = await openSession(invocation, { lock: 'exclusive' })
    const id = await removeKey(session.repository, prefix, ctx)
    output.line(`removed key ${id.slice(0, 8)}`)
    output.message({ message_type: 'key_removed', id })
    return 0
  },
})
