import { unlock as removeLocks } from '@holdfast/repository/lock/unlock'
import { flag } from '../argument/option.ts'
import { countOf } from '@holdfast/core/units/count-of'
import { currentIdentity } from '../session/identity.ts'
import { openSession } from '../session/open-session.ts'
import { defineCommand, repositoryExitCodes } from './command.ts'

export const unlock = defineCommand({
  name: 'unlock',
  purpose: 'Remove locks that dead processes left behind',
  arguments: [],
  options: { removeAll: flag({ help: 'Remove every lock, also those in use.' }) },
  examples: [{ explanation: 'After a machine was switched off in the middle of a backup', command: 'holdfast unlock' }],
  exitCodes: repositoryExitCodes().filter(({ code }) => code !== 11),
  run: async (invocation) => {
    const { options, output, ctx } = invocation
    await using session = await openSession(invocation, { lock: 'none' })
    const identity = { ...currentIdentity(), pid: process.pid }
    const removed = await removeLocks(session.repository, { removeAll: options.removeAll, identity }, ctx)
    output.line(removed.length === 0 ? 'no stale locks' : `removed ${countOf(removed.length, 'lock')}`)
    output.message({ message_type: 'summary', removed_locks: removed })
    return 0
  },
})
