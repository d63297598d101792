import { AppError } from '@holdfast/core/errors/app-error'
import { findSnapshots } from '@holdfast/repository/snapshot/find-snapshot'
import { shortId } from '@holdfast/repository/snapshot/listed-snapshot'
import { type TagChange, tagSnapshots } from '@holdfast/repository/snapshot/tag-snapshots'
import { type OptionValues, several } from '../argument/option.ts'
import { readWords } from '../argument/read-value.ts'
import { countOf } from '@holdfast/core/units/count-of'
import { filterOptions, readFilter, snapshotArgument } from '../session/filter-option.ts'
import { openSession } from '../session/open-session.ts'
import { defineCommand, repositoryExitCodes } from './command.ts'

const tags = (help: string) => several({ placeholder: '<tag[,tag…]>', help }, readWords)

const options = {
  add: tags('Add these tags.'),
  remove: tags('Remove these tags.'),
  set: tags("Replace all tags by these; '' removes them."),
  ...filterOptions,
}

export const tag = defineCommand({
  name: 'tag',
  purpose: 'Change the tags of snapshots',
  details: [
    'A changed snapshot gets a new id and keeps that of its first version. Without ids, all snapshots that the filters select are changed.',
  ],
  arguments: [snapshotArgument],
  options,
  examples: [
    {
      explanation: 'Keep the newest whatever the policy says',
      command: 'holdfast tag --add pin=before-upgrade latest',
    },
    { explanation: 'Rename a tag everywhere', command: 'holdfast tag --tag prod --remove prod --add production' },
  ],
  exitCodes: repositoryExitCodes(),
  run: async (invocation) => {
    const { output, ctx } = invocation
    const change = readChange(invocation.options)
    await using session = await openSession(invocation, { lock: 'exclusive' })
    const { repository } = session
    const selected = await findSnapshots(repository, invocation.arguments, readFilter(invocation.options), ctx)
    const changed = await tagSnapshots(repository, selected, change, ctx)
    for (const { oldId, newId } of changed) {
      output.message({ message_type: 'changed', old_snapshot_id: oldId, new_snapshot_id: newId })
      output.note(`${shortId(oldId)} is now ${shortId(newId)}`)
    }
    output.message({ message_type: 'summary', changed_snapshots: changed.length })
    output.line(`changed ${changed.length} of ${countOf(selected.length, 'snapshot')}`)
    return 0
  },
})

function readChange({ set, add, remove }: OptionValues<typeof options>): TagChange {
  const isAdding = add.length > 0 || remove.length > 0
  if (set.length > 0 && isAdding)
    throw new AppError('OPTIONS_CONFLICT', { first: '--set', second: '--add and --remove' })
  if (set.length === 0 && !isAdding) {
    throw new AppError('ARGUMENT_MISSING', { command: 'tag', argument: '--add, --remove or --set' })
  }
  return set.length > 0 ? { set: set.flat() } : { add: add.flat(), remove: remove.flat() }
}
