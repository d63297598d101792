import { type RepairedSnapshot, repairSnapshots as repair } from '@holdfast/repository/repair/repair-snapshots'
import { findSnapshots } from '@holdfast/repository/snapshot/find-snapshot'
import { shortId } from '@holdfast/repository/snapshot/listed-snapshot'
import { flag } from '../argument/option.ts'
import { countOf } from '@holdfast/core/units/count-of'
import type { Output } from '../output/output.ts'
import { printable } from '../output/printable.ts'
import { filterOptions, readFilter, snapshotArgument } from '../session/filter-option.ts'
import { openSession } from '../session/open-session.ts'
import { defineCommand, repositoryExitCodes } from './command.ts'

export const repairSnapshots = defineCommand({
  name: 'repair snapshots',
  purpose: 'Make damaged snapshots readable again, without what is lost',
  details: [
    'Run `repair index` first. If the files still exist, back them up again instead: that stores what is missing and heals the old snapshots too. `repair packs --from` heals from another repository.',
  ],
  arguments: [snapshotArgument],
  options: {
    forget: flag({ help: 'Remove the damaged snapshots once they are replaced.' }),
    dryRun: flag({ short: 'n', help: 'Change nothing, only show what would be done.' }),
    ...filterOptions,
  },
  examples: [{ explanation: 'See what would be lost', command: 'holdfast repair snapshots --dry-run' }],
  exitCodes: repositoryExitCodes(),
  run: async (invocation) => {
    const { options, output, ctx } = invocation
    await using session = await openSession(invocation, { lock: 'exclusive', changesNothing: options.dryRun })
    const { repository } = session
    const selected = await findSnapshots(repository, invocation.arguments, readFilter(options), ctx)
    const report = await repair(repository, selected, options, ctx)
    for (const repaired of report.snapshots) showSnapshot(repaired, output)
    const changed = countOf(report.snapshots.length, 'snapshot')
    output.line(`${options.dryRun ? `${changed} would be mended` : `${changed} mended`}, ${report.sound} sound`)
    output.message({
      message_type: 'summary',
      dry_run: options.dryRun ? true : undefined,
      changed_snapshots: report.snapshots.length,
      sound_snapshots: report.sound,
      trees_written: report.treesWritten,
    })
    return 0
  },
})

function showSnapshot({ id, outcome, newId, removed, mendings }: RepairedSnapshot, output: Output): void {
  output.message({ message_type: 'repaired', snapshot_id: id, outcome, new_snapshot_id: newId, removed, mendings })
  const replaced = newId === undefined ? '' : `, replaced by ${shortId(newId)}`
  output.line(`snapshot ${shortId(id)} ${outcome}${replaced}${removed ? ', removed' : ''}`)
  for (const mending of mendings) output.note(`  ${printable(describe(mending))}`)
}

type Mending = RepairedSnapshot['mendings'][number]

const changes: Readonly<Record<Mending['change'], string>> = {
  'directory-emptied': 'the directory is lost and is empty now',
  'content-removed': 'parts of the content are lost and left out now',
  'node-removed': 'the entry is lost and removed',
}

function describe({ path, change }: Mending): string {
  return `${path}: ${changes[change]}`
}
