import { type SnapshotStats, snapshotStats, type StatsMode } from '@holdfast/repository/browse/snapshot-stats'
import { findSnapshots } from '@holdfast/repository/snapshot/find-snapshot'
import { formatSize } from '@holdfast/core/units/size'
import { openTrees } from '@holdfast/repository/tree/open-trees'
import { oneOf } from '../argument/option.ts'
import { filterOptions, readFilter, snapshotArgument } from '../session/filter-option.ts'
import { openSession } from '../session/open-session.ts'
import { defineCommand, repositoryExitCodes } from './command.ts'

const modes: readonly StatsMode[] = ['restore-size', 'files-by-contents', 'blobs-per-file', 'raw-data']

export const stats = defineCommand({
  name: 'stats',
  purpose: 'Count files and sizes of snapshots',
  details: [
    'Modes: restore-size is what restoring each snapshot would write; files-by-contents counts equal files once; blobs-per-file counts the distinct blobs of each file; raw-data is what the blobs take in the repository.',
  ],
  arguments: [snapshotArgument],
  options: {
    mode: oneOf({ placeholder: '<mode>', help: 'What to count.', fallback: 'restore-size', choices: modes }),
    ...filterOptions,
  },
  examples: [
    { explanation: 'How large a restore would be', command: 'holdfast stats latest' },
    { explanation: 'What the repository takes, and what compression saves', command: 'holdfast stats --mode raw-data' },
  ],
  exitCodes: repositoryExitCodes(),
  run: async (invocation) => {
    const { options, output, ctx } = invocation
    const mode = options.mode ?? 'restore-size'
    await using session = await openSession(invocation, { lock: 'read' })
    const { repository } = session
    const selected = await findSnapshots(repository, invocation.arguments, readFilter(options), ctx)
    const { index } = await openTrees(repository, ctx)
    const counted = await snapshotStats(repository, index, selected, mode, ctx)
    output.line(renderStats(counted, mode))
    output.message({
      total_size: counted.totalSize,
      total_uncompressed_size: counted.totalUncompressedSize,
      compression_ratio: counted.compressionRatio,
      compression_progress: counted.compressionProgress,
      compression_space_saving: counted.compressionSpaceSaving,
      total_file_count: counted.totalFiles,
      total_blob_count: counted.totalBlobs,
      snapshots_count: counted.snapshots,
    })
    return 0
  },
})

function renderStats(counted: SnapshotStats, mode: StatsMode): string {
  const { totalFiles, totalBlobs, totalUncompressedSize, compressionRatio, compressionProgress } = counted
  const { compressionSpaceSaving } = counted
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['Snapshots', String(counted.snapshots)],
    ['Files', totalFiles?.toString()],
    ['Blobs', totalBlobs?.toString()],
    ['Uncompressed size', totalUncompressedSize === undefined ? undefined : formatSize(totalUncompressedSize)],
    ['Size', formatSize(counted.totalSize)],
    ['Compressed', compressionProgress === undefined ? undefined : `${compressionProgress.toFixed(2)} %`],
    ['Ratio', compressionRatio === undefined ? undefined : `${compressionRatio.toFixed(2)}x`],
    ['Saved', compressionSpaceSaving === undefined ? undefined : `${compressionSpaceSaving.toFixed(2)} %`],
  ]
  const shown = rows.flatMap(([title, value]) => (value === undefined ? [] : [`${title.padStart(18)}:  ${value}`]))
  return [`${mode}:`, ...shown].join('\n')
}
