import { type CopyReport, copySnapshots } from '@holdfast/repository/copy/copy-snapshots'
import { findSnapshots } from '@holdfast/repository/snapshot/find-snapshot'
import { shortId } from '@holdfast/repository/snapshot/listed-snapshot'
import { formatSize } from '@holdfast/core/units/size'
import { flag } from '../argument/option.ts'
import { countOf } from '@holdfast/core/units/count-of'
import type { Output } from '../output/output.ts'
import { filterOptions, readFilter, snapshotArgument } from '../session/filter-option.ts'
import { openSession } from '../session/open-session.ts'
import { packBytesOf } from '../session/pack-size.ts'
import { sourceOptions, sourceRepositoryOptions } from '../session/source-option.ts'
import { defaultWorkers } from '../session/worker-count.ts'
import { defineCommand, repositoryExitCodes } from './command.ts'

export const copy = defineCommand({
  name: 'copy',
  purpose: 'Copy snapshots from another repository into this one',
  details: [
    'What is here already is not copied again. Both repositories deduplicate alike only if this one was made with `init --copy-chunker-params`.',
  ],
  arguments: [snapshotArgument],
  options: {
    ...sourceOptions,
    dryRun: flag({ short: 'n', help: 'Only show what would be copied.' }),
    ...filterOptions,
  },
  examples: [
    {
      explanation: 'Everything that is missing here',
      command: 'holdfast -r s3:https://s3.example.com/bucket copy --from-repo /srv/backup',
    },
    {
      explanation: 'The newest snapshot of one host',
      command: 'holdfast copy --from-repo /srv/backup --host web1 latest',
    },
  ],
  exitCodes: repositoryExitCodes('failed, or a snapshot could not be copied'),
  run: async (invocation) => {
    const { options, global, output, ctx } = invocation
    await using source = await openSession(invocation, {
      lock: 'read',
      role: 'source',
      options: sourceRepositoryOptions(options),
    })
    await using destination = await openSession(invocation, { lock: 'append', changesNothing: options.dryRun })
    const selected = await findSnapshots(source.repository, invocation.arguments, readFilter(options), ctx)
    const choice = {
      compression: global.compression ?? 'auto',
      dryRun: options.dryRun,
      packBytes: packBytesOf(global.packSize),
      workers: defaultWorkers(),
    } as const
    const report = await copySnapshots(source.repository, destination.repository, selected, choice, ctx)
    showReport(report, options.dryRun, output)
    return report.snapshots.some(({ outcome }) => outcome === 'failed') ? 1 : 0
  },
})

function showReport(report: CopyReport, dryRun: boolean, output: Output): void {
  for (const { sourceId, outcome, destinationId, reason } of report.snapshots) {
    output.message({ message_type: 'copied', source_id: sourceId, outcome, destination_id: destinationId, reason })
    const here = destinationId === undefined ? '' : ` as ${shortId(destinationId)}`
    const text = {
      copied: `copied${here}`,
      present: `is here already${here}`,
      planned: 'would be copied',
      failed: `failed: ${reason}`,
    }
    output.note(`snapshot ${shortId(sourceId)} ${text[outcome]}`)
  }
  const count = (outcome: string) => report.snapshots.filter((each) => each.outcome === outcome).length
  const moved = `${countOf(report.blobs, 'blob')}, ${formatSize(dryRun ? report.bytes : report.bytesWritten)}`
  const done = dryRun
    ? `would copy ${countOf(count('planned'), 'snapshot')}`
    : `copied ${countOf(count('copied'), 'snapshot')}`
  output.line(`${done} (${moved}); ${count('present')} already here, ${count('failed')} failed`)
  if (!report.samePolynomial) {
    const message = 'the repositories cut files differently, so that a later backup to both shares no data'
    output.emit({ type: 'message.noted', level: 'warning', message })
  }
  output.message({
    message_type: 'summary',
    dry_run: dryRun ? true : undefined,
    snapshots_copied: count('copied'),
    snapshots_present: count('present'),
    snapshots_failed: count('failed'),
    blobs: report.blobs,
    bytes: report.bytes,
    packs_written: report.packsWritten,
    bytes_written: report.bytesWritten,
    same_chunker: report.samePolynomial,
  })
}
