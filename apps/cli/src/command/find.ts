import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import { findEntries, type FoundEntry } from '@holdfast/repository/browse/find-entries'
import { findObjects } from '@holdfast/repository/browse/find-objects'
import { compilePatterns } from '@holdfast/repository/filter/select'
import { findSnapshots } from '@holdfast/repository/snapshot/find-snapshot'
import { compareByTime, type ListedSnapshot } from '@holdfast/repository/snapshot/listed-snapshot'
import { type OpenedTrees, openTrees } from '@holdfast/repository/tree/open-trees'
import { flag, type OptionValues, several, single } from '../argument/option.ts'
import { readInstant } from '../argument/read-value.ts'
import { formatNodeLine, formatPath, nodeJson } from '../output/node-text.ts'
import type { Output } from '../output/output.ts'
import { describeSnapshot } from '../output/snapshot-table.ts'
import { filterOptions, readFilter } from '../session/filter-option.ts'
import { openSession } from '../session/open-session.ts'
import { defineCommand, repositoryExitCodes } from './command.ts'

const options = {
  ignoreCase: flag({ short: 'i', help: 'Ignore case.' }),
  long: flag({ short: 'l', help: 'Show mode, owner, size and time.' }),
  humanReadable: flag({ help: 'Show sizes with units.' }),
  oldest: single({ short: 'O', placeholder: '<time>', help: 'Only what was modified then or later.' }, readInstant),
  newest: single({ short: 'N', placeholder: '<time>', help: 'Only what was modified then or earlier.' }, readInstant),
  snapshot: several({ short: 's', placeholder: '<snapshot>', help: 'Look in this snapshot only.' }),
  reverse: flag({ short: 'R', help: 'Oldest snapshot first.' }),
  blob: flag({ help: 'The arguments are ids of blobs: show which files use them.' }),
  tree: flag({ help: 'The arguments are ids of trees: show which directories they are.' }),
  pack: flag({ help: 'The arguments are ids of packs: show what uses their content.' }),
  ...filterOptions,
}

export const find = defineCommand({
  name: 'find',
  purpose: 'Find files in snapshots, or what uses an object of the repository',
  arguments: [
    {
      name: 'pattern',
      help: 'Glob on names, or on whole paths when it starts with /.',
      required: true,
      repeatable: true,
    },
  ],
  options,
  examples: [
    { explanation: 'In which snapshots a file is', command: "holdfast find 'nginx.conf'" },
    { explanation: 'What a damaged pack held', command: 'holdfast find --pack 1a2b3c4d' },
  ],
  exitCodes: repositoryExitCodes(),
  run: async (invocation) => {
    const { arguments: words, options: given, output, ctx } = invocation
    const kinds = [given.blob, given.tree, given.pack].filter(Boolean).length
    if (kinds > 1) throw new AppError('OPTIONS_CONFLICT', { first: '--blob, --tree', second: '--pack' })
    if (kinds === 0) compilePatterns(words, { name: '<pattern>' })
    await using session = await openSession(invocation, { lock: 'read' })
    const { repository } = session
    const selected = await findSnapshots(repository, given.snapshot, readFilter(given), ctx)
    const ordered = selected.toSorted((a, b) => (given.reverse ? compareByTime(a, b) : compareByTime(b, a)))
    const open = await openTrees(repository, ctx)
    if (kinds === 0) await showEntries(open, ordered, words, given, output, ctx)
    else await showObjects(open, ordered, words, given, output, ctx)
    return 0
  },
})

type Given = OptionValues<typeof options>

async function showEntries(
  { trees }: OpenedTrees,
  snapshots: readonly ListedSnapshot[],
  patterns: readonly string[],
  given: Given,
  output: Output,
  ctx: Context,
): Promise<void> {
  const query = {
    patterns,
    ignoreCase: given.ignoreCase,
    ...(given.oldest === undefined ? {} : { oldest: given.oldest }),
    ...(given.newest === undefined ? {} : { newest: given.newest }),
  }
  const groups: { snapshot: string; hits: number; matches: unknown[] }[] = []
  let last: ListedSnapshot | undefined
  for await (const found of findEntries(trees, snapshots, query, ctx)) {
    if (output.json) {
      if (found.snapshot !== last) groups.push({ matches: [], hits: 0, snapshot: found.snapshot.id })
      const group = groups.at(-1)
      if (group !== undefined) group.hits = group.matches.push(nodeJson(found.node, found.path))
    } else {
      if (found.snapshot !== last)
        output.note(`${last === undefined ? '' : '\n'}in ${describeSnapshot(found.snapshot)}:`)
      showEntry(found, given, output)
    }
    last = found.snapshot
  }
  output.message(groups)
  if (last === undefined) output.note('nothing found')
}

function showEntry({ node, path }: FoundEntry, { long, humanReadable }: Given, output: Output): void {
  const { terminal } = output
  const text = formatPath(path, terminal)
  output.line(long ? formatNodeLine(node, text, { humanReadable, terminal }) : text)
}

async function showObjects(
  { trees, index }: OpenedTrees,
  snapshots: readonly ListedSnapshot[],
  ids: readonly string[],
  given: Given,
  output: Output,
  ctx: Context,
): Promise<void> {
  const query = {
    ...(given.blob ? { blobs: ids } : {}),
    ...(given.tree ? { trees: ids } : {}),
    ...(given.pack ? { packs: ids } : {}),
  }
  const all: unknown[] = []
  let count = 0
  for await (const { type, id, path, parentTreeId, snapshot } of findObjects(trees, index, snapshots, query, ctx)) {
    count++
    if (output.json) {
      const place = {
        path: path.toString(),
        parent_tree: parentTreeId,
        snapshot: snapshot.id,
        time: snapshot.snapshot.time,
      }
      all.push({ object_type: type, id, ...place })
    }
    output.line(`${type} ${id} is ${formatPath(path, output.terminal)} in ${describeSnapshot(snapshot)}`)
  }
  output.message(all)
  if (count === 0) output.note('nothing found')
}
