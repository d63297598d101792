import { listEntries } from '@holdfast/repository/browse/list-entries'
import { findSnapshot } from '@holdfast/repository/snapshot/find-snapshot'
import { shortId } from '@holdfast/repository/snapshot/listed-snapshot'
import { openTrees } from '@holdfast/repository/tree/open-trees'
import { flag, invalidArgument } from '../argument/option.ts'
import { formatNodeLine, formatPath, nodeJson } from '../output/node-text.ts'
import { describeSnapshot, snapshotJson } from '../output/snapshot-table.ts'
import { filterOptions, readFilter } from '../session/filter-option.ts'
import { openSession } from '../session/open-session.ts'
import { findTree } from '../session/find-tree.ts'
import { defineCommand, repositoryExitCodes } from './command.ts'

export const ls = defineCommand({
  name: 'ls',
  purpose: 'List the files of a snapshot',
  arguments: [
    {
      name: 'snapshot',
      help: 'Id, beginning of an id or "latest"; a directory inside it is named behind a colon.',
      required: true,
      repeatable: false,
    },
    { name: 'path', help: 'Absolute path of a directory to list.', required: false, repeatable: true },
  ],
  options: {
    long: flag({ short: 'l', help: 'Show mode, owner, size and time.' }),
    recursive: flag({ help: 'With paths: also what is below their entries.' }),
    humanReadable: flag({ help: 'Show sizes with units.' }),
    ...filterOptions,
  },
  examples: [
    { explanation: 'Everything', command: 'holdfast ls latest' },
    { explanation: 'One directory, with sizes', command: 'holdfast ls --long --human-readable latest /etc' },
  ],
  exitCodes: repositoryExitCodes(),
  run: async (invocation) => {
    const {
      arguments: [name = '', ...paths],
      options,
      output,
      ctx,
    } = invocation
    const relative = paths.find((path) => !path.startsWith('/'))
    if (relative !== undefined) throw invalidArgument('<path>', relative, 'it must start with /')
    await using session = await openSession(invocation, { lock: 'read' })
    const found = await findSnapshot(session.repository, name, readFilter(options), ctx)
    const { trees } = await openTrees(session.repository, ctx)
    const tree = await findTree(trees, found, ctx)
    output.note(`${describeSnapshot(found)}:`)
    output.message({ message_type: 'snapshot', struct_type: 'snapshot', ...snapshotJson(found) })
    const choice = { paths, recursive: options.recursive, snapshot: shortId(found.id) }
    const { terminal } = output
    for await (const { node, path } of listEntries(trees, tree, choice, ctx)) {
      if (output.json) {
        output.message({ message_type: 'node', struct_type: 'node', ...nodeJson(node, path) })
        continue
      }
      const text = formatPath(path, terminal)
      const shown = { humanReadable: options.humanReadable, terminal }
      output.line(options.long ? formatNodeLine(node, text, shown) : text)
    }
    return 0
  },
})
