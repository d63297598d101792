import { repairIndex as repair } from '@holdfast/repository/repair/repair-index'
import { flag } from '../argument/option.ts'
import { countOf } from '@holdfast/core/units/count-of'
import { openSession } from '../session/open-session.ts'
import { defineCommand, repositoryExitCodes } from './command.ts'

export const repairIndex = defineCommand({
  name: 'repair index',
  purpose: 'Rebuild the index from the packs',
  arguments: [],
  options: {
    readAllPacks: flag({ help: 'Believe nothing that the index says: read the header of every pack.' }),
    dryRun: flag({ short: 'n', help: 'Change nothing, only show what is wrong.' }),
  },
  examples: [{ explanation: 'When check says that the index is wrong or damaged', command: 'holdfast repair index' }],
  exitCodes: repositoryExitCodes('failed, or packs could not be read'),
  run: async (invocation) => {
    const { options, output, ctx } = invocation
    await using session = await openSession(invocation, { lock: 'exclusive', changesNothing: options.dryRun })
    const report = await repair(session.repository, options, ctx)
    for (const { id, reason } of report.unreadablePacks) {
      output.emit({ type: 'item.failed', during: 'check', item: `pack ${id}`, error: reason })
    }
    const { damagedIndexes, missingPacks, unreadablePacks, packsRead, indexesWritten, indexesRemoved } = report
    const found = `${countOf(damagedIndexes.length, 'damaged index file')}, ${countOf(missingPacks.length, 'missing pack')}, ${countOf(packsRead, 'pack')} read anew`
    output.line(
      damagedIndexes.length + missingPacks.length + packsRead === 0
        ? 'the index is right'
        : `${found}; ${options.dryRun ? 'nothing changed' : `wrote ${countOf(indexesWritten, 'index file')}, removed ${indexesRemoved}`}`,
    )
    output.message({
      message_type: 'summary',
      dry_run: options.dryRun ? true : undefined,
      damaged_indexes: damagedIndexes,
      missing_packs: missingPacks,
      unreadable_packs: unreadablePacks,
      packs_read: packsRead,
      indexes_written: indexesWritten,
      indexes_removed: indexesRemoved,
    })
    return unreadablePacks.length === 0 ? 0 : 1
  },
})
