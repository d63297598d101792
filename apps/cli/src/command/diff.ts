import { diffSnapshots, type DiffSide, type DiffStatistics } from '@holdfast/repository/browse/diff-snapshots'
import { findSnapshot } from '@holdfast/repository/snapshot/find-snapshot'
import { formatSize } from '@holdfast/core/units/size'
import { openTrees } from '@holdfast/repository/tree/open-trees'
import { flag } from '../argument/option.ts'
import { formatPath } from '../output/node-text.ts'
import { describeSnapshot } from '../output/snapshot-table.ts'
import { openSession } from '../session/open-session.ts'
import { findTree } from '../session/find-tree.ts'
import { defineCommand, repositoryExitCodes } from './command.ts'

const snapshotArgument = {
  help: 'Id, beginning of an id or "latest"; a directory behind a colon.',
  required: true,
  repeatable: false,
}

export const diff = defineCommand({
  name: 'diff',
  purpose: 'Show what differs between two snapshots',
  details: [
    'Each line starts with what happened: + added, - removed, M content changed, U only metadata changed, T another type, ? content changed although nothing else did.',
  ],
  arguments: [
    { ...snapshotArgument, name: 'before' },
    { ...snapshotArgument, name: 'after' },
  ],
  options: { metadata: flag({ help: 'Also show what changed in metadata only.' }) },
  examples: [{ explanation: 'What the last backup changed', command: 'holdfast diff latest~1 latest' }],
  exitCodes: repositoryExitCodes(),
  run: async (invocation) => {
    const {
      arguments: [first = '', second = ''],
      options,
      output,
      ctx,
    } = invocation
    await using session = await openSession(invocation, { lock: 'read' })
    const { repository } = session
    const before = await findSnapshot(repository, first, {}, ctx)
    const after = await findSnapshot(repository, second, {}, ctx)
    const { index, trees } = await openTrees(repository, ctx)
    const [oldTree, newTree] = [await findTree(trees, before, ctx), await findTree(trees, after, ctx)]
    output.note(`from ${describeSnapshot(before)}\nto   ${describeSnapshot(after)}\n`)
    const onChange = ({ modifier, path }: { modifier: string; path: Buffer }) => {
      output.message({ message_type: 'change', path: path.toString(), modifier })
      output.line(`${modifier.padEnd(4)} ${formatPath(path, output.terminal)}`)
    }
    const choice = { metadata: options.metadata, onChange }
    const statistics = await diffSnapshots(repository, index, trees, oldTree, newTree, choice, ctx)
    output.note(renderStatistics(statistics))
    output.message({
      message_type: 'statistics',
      source_snapshot: before.id,
      target_snapshot: after.id,
      changed_files: statistics.changedFiles,
      added: sideJson(statistics.added),
      removed: sideJson(statistics.removed),
    })
    return 0
  },
})

function renderStatistics({ changedFiles, added, removed }: DiffStatistics): string {
  const pair = (title: string, pick: (side: DiffSide) => string | number) =>
    `${title.padEnd(12)} ${pick(added)} new, ${pick(removed)} removed`
  return [
    '',
    pair('Files:', ({ files }) => files) + `, ${changedFiles} changed`,
    pair('Dirs:', ({ dirs }) => dirs),
    pair('Others:', ({ others }) => others),
    pair('Data blobs:', ({ dataBlobs }) => dataBlobs),
    pair('Tree blobs:', ({ treeBlobs }) => treeBlobs),
    pair('Size:', ({ bytes }) => formatSize(bytes)),
  ].join('\n')
}

function sideJson({ files, dirs, others, dataBlobs, treeBlobs, bytes }: DiffSide) {
  return { files, dirs, others, data_blobs: dataBlobs, tree_blobs: treeBlobs, bytes }
}
