import { findSnapshots } from '@holdfast/repository/snapshot/find-snapshot'
import {
  describeGroup,
  type GroupBy,
  groupSnapshots,
  parseGroupBy,
  type SnapshotGroupKey,
} from '@holdfast/repository/snapshot/group-snapshots'
import { compareByTime, type ListedSnapshot } from '@holdfast/repository/snapshot/listed-snapshot'
import { flag, single } from '../argument/option.ts'
import { readWhole } from '../argument/read-value.ts'
import type { Output } from '../output/output.ts'
import { printable } from '../output/printable.ts'
import { renderSnapshotTable, snapshotJson } from '../output/snapshot-table.ts'
import { filterOptions, readFilter, snapshotArgument } from '../session/filter-option.ts'
import { openSession } from '../session/open-session.ts'
import { defineCommand, repositoryExitCodes } from './command.ts'

export const snapshots = defineCommand({
  name: 'snapshots',
  purpose: 'List the snapshots',
  arguments: [snapshotArgument],
  options: {
    ...filterOptions,
    compact: flag({ short: 'c', help: 'One line for each snapshot.' }),
    groupBy: single(
      { short: 'g', placeholder: '<fields>', help: 'Group by host, paths and/or tags, separated by commas.' },
      parseGroupBy,
    ),
    latest: single({ placeholder: '<n>', help: 'Only the newest n of each host and paths.' }, readWhole(1)),
  },
  examples: [
    { explanation: 'All of this repository', command: 'holdfast -r /srv/backup snapshots' },
    { explanation: 'The newest of each host', command: 'holdfast snapshots --latest 1 --group-by host' },
  ],
  exitCodes: repositoryExitCodes(),
  run: async (invocation) => {
    const { options, output, ctx } = invocation
    await using session = await openSession(invocation, { lock: 'none' })
    const found = await findSnapshots(session.repository, invocation.arguments, readFilter(options), ctx)
    const listed = newest(found, options.latest, options.groupBy)
    if (options.groupBy === undefined) showAll(listed, options.compact, output)
    else showGroups(listed, options.groupBy, options.compact, output)
    return 0
  },
})

function newest(
  listed: readonly ListedSnapshot[],
  count: number | undefined,
  by: GroupBy = { host: true, paths: true, tags: false },
): readonly ListedSnapshot[] {
  if (count === undefined) return listed.toSorted(compareByTime)
  return groupSnapshots(listed, by)
    .flatMap((group) => group.snapshots.slice(0, count))
    .toSorted(compareByTime)
}

function showAll(listed: readonly ListedSnapshot[], compact: boolean, output: Output): void {
  output.message(listed.map(snapshotJson))
  output.line(listed.length === 0 ? 'no snapshots' : renderSnapshotTable(listed, { compact }))
}

function showGroups(listed: readonly ListedSnapshot[], by: GroupBy, compact: boolean, output: Output): void {
  const groups = groupSnapshots(listed, by).map(({ key, snapshots: members }) => ({
    key,
    members: members.toReversed(),
  }))
  output.message(
    groups.map(({ key, members }) => ({ group_key: groupJson(key, by), snapshots: members.map(snapshotJson) })),
  )
  for (const { key, members } of groups) {
    output.line(`snapshots of ${printable(describeGroup(key))}:`)
    output.line(`${renderSnapshotTable(members, { compact, omitHost: by.host, omitPaths: by.paths })}\n`)
  }
}

function groupJson(key: SnapshotGroupKey, by: GroupBy): Readonly<Record<string, unknown>> {
  return { hostname: key.hostname, paths: by.paths ? key.paths : null, tags: by.tags ? key.tags : null }
}
