import { open, rm } from 'node:fs/promises'
import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import type { Repository } from '@holdfast/repository/repository'
import { dumpFile } from '@holdfast/repository/restore/dump-file'
import { dumpTar } from '@holdfast/repository/restore/dump-tar'
import { findSnapshot, type FoundSnapshot } from '@holdfast/repository/snapshot/find-snapshot'
import { shortId } from '@holdfast/repository/snapshot/listed-snapshot'
import { resolvePath } from '@holdfast/repository/tree/resolve-path'
import { openTrees } from '@holdfast/repository/tree/open-trees'
import { invalidArgument, oneOf, single } from '../argument/option.ts'
import { filterOptions, readFilter } from '../session/filter-option.ts'
import { openSession } from '../session/open-session.ts'
import { findTree } from '../session/find-tree.ts'
import { defineCommand, repositoryExitCodes } from './command.ts'

export const dump = defineCommand({
  name: 'dump',
  purpose: 'Write a file of a snapshot, or a directory as a tar archive, to standard output',
  arguments: [
    {
      name: 'snapshot',
      help: 'Id, beginning of an id or "latest"; a directory behind a colon.',
      required: true,
      repeatable: false,
    },
    { name: 'path', help: 'File or directory inside it; / for everything.', required: true, repeatable: false },
  ],
  options: {
    archive: oneOf({
      short: 'a',
      placeholder: '<format>',
      help: 'Format for directories.',
      fallback: 'tar',
      choices: ['tar'],
    }),
    target: single({ short: 't', placeholder: '<file>', help: 'Write to this new file instead.', completes: 'file' }),
    ...filterOptions,
  },
  examples: [
    { explanation: 'Load a database dump', command: 'holdfast dump latest /shop.sql | psql shop' },
    {
      explanation: 'A directory on another machine',
      command: 'holdfast dump latest:/etc / | ssh web2 tar -x -C /tmp/etc',
    },
  ],
  exitCodes: repositoryExitCodes(),
  run: async (invocation) => {
    const {
      arguments: [name = '', path = ''],
      options,
      output,
      ctx,
    } = invocation
    await using session = await openSession(invocation, { lock: 'read' })
    const found = await findSnapshot(session.repository, name, readFilter(options), ctx)
    const { pieces, isArchive } = await openDump(session.repository, found, path, ctx)
    if (options.target !== undefined) {
      const sizeBytes = await writeToFile(options.target, pieces)
      output.message({ message_type: 'summary', target: options.target, size: sizeBytes })
      return 0
    }
    if (isArchive && output.terminal) {
      throw new AppError('TARGET_UNUSABLE', { target: 'the terminal', reason: 'an archive is not text; redirect it' })
    }
    for await (const piece of pieces) await output.content(piece)
    return 0
  },
})

interface Dump {
  readonly pieces: AsyncIterable<Uint8Array>
  readonly isArchive: boolean
}

async function openDump(repository: Repository, found: FoundSnapshot, path: string, ctx: Context): Promise<Dump> {
  const { index, trees } = await openTrees(repository, ctx)
  const root = await findTree(trees, found, ctx)
  const place = await resolvePath(trees, root, path, shortId(found.id), ctx)
  if (place.treeId !== undefined) {
    const directory = {
      tree: place.treeId,
      path: place.path,
      ...(place.node === undefined ? {} : { node: place.node }),
    }
    return { pieces: dumpTar(repository, index, directory, ctx), isArchive: true }
  }
  if (place.node?.type === 'file') return { pieces: dumpFile(repository, index, place.node, ctx), isArchive: false }
  throw invalidArgument(
    '<path>',
    path,
    `it is a ${place.node?.type ?? 'strange object'}, neither a file nor a directory`,
  )
}

/** Writes a new file; half of one is not left behind. */
async function writeToFile(target: string, pieces: AsyncIterable<Uint8Array>): Promise<number> {
  const file = await open(target, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
    const reason = error.code === 'EEXIST' ? 'it exists already' : error.message
    throw new AppError('TARGET_UNUSABLE', { target, reason }, { cause: error })
  })
  let sizeBytes = 0
  let isWhole = false
  try {
    for await (const piece of pieces) {
      await file.writeFile(piece)
      sizeBytes += piece.length
    }
    await file.sync()
    isWhole = true
  } finally {
    await file.close()
    if (!isWhole) await rm(target, { force: true })
  }
  return sizeBytes
}
