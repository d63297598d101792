import { flag, invalidArgument, single } from '../argument/option.ts'
import { openSession } from '../session/open-session.ts'
import { pruneOptions, readPruneOptions } from '../session/prune-option.ts'
import { runPrune } from '../session/run-prune.ts'
import { defineCommand, repositoryExitCodes } from './command.ts'

export const prune = defineCommand({
  name: 'prune',
  purpose: 'Remove data that no snapshot needs',
  details: [
    'First the whole plan is made and shown, then it is carried out. Cut off at any moment the repository stays whole. On a full disk, --max-repack-size 0 frees space without needing any.',
  ],
  arguments: [],
  options: {
    ...pruneOptions,
    dryRun: flag({ short: 'n', help: 'Only show what would be done.' }),
    unsafeRecoverNoFreeSpace: single({
      placeholder: '<repository id>',
      help: 'Last resort on a full disk: removes the index before it writes the new one.',
    }),
  },
  examples: [
    { explanation: 'See what it would do', command: 'holdfast prune --dry-run' },
    { explanation: 'Little work on slow storage', command: 'holdfast prune --max-unused 20% --max-repack-size 2G' },
  ],
  exitCodes: repositoryExitCodes(),
  run: async (invocation) => {
    const { options, global, output, ctx } = invocation
    const bounds = readPruneOptions(options, global.packSize)
    await using session = await openSession(invocation, { lock: 'exclusive', changesNothing: options.dryRun })
    const { id } = session.repository.config
    const confirmed = options.unsafeRecoverNoFreeSpace
    if (confirmed !== undefined && confirmed !== id) {
      throw invalidArgument('--unsafe-recover-no-free-space', confirmed, `to confirm, give the repository's id, ${id}`)
    }
    const unsafe = confirmed === undefined ? {} : { unsafeRecoverNoFreeSpace: true }
    await runPrune(session.repository, { ...bounds, ...unsafe }, { dryRun: options.dryRun, output }, ctx)
    return 0
  },
})
