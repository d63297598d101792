import type { DirectoryBatch, DirectoryTask, SubdirectoryFound } from './save-jobs.ts'
import { releaseBuffer } from '../engine/release-buffer.ts'
import { type ReadParentTree, readTreeBytes } from './parent-tree.ts'
import { cutTree } from './parent-range.ts'

/** Entries of a large directory that one worker reads at once. */
const batchEntries = 2048

/** Whether a directory is so large that several workers should read it. */
export function isLargeDirectory(entries: number): boolean {
  return entries > 2 * batchEntries
}

/** Divides a directory. Each batch comes with its part of the parent snapshot's tree, which is read here once for all. */
export function splitDirectory(
  task: DirectoryTask,
  names: readonly (string | Buffer)[],
  readParent: ReadParentTree | undefined,
): SubdirectoryFound[] {
  const batches: (string | Buffer)[][] = []
  for (let first = 0; first < names.length; first += batchEntries)
    batches.push(names.slice(first, first + batchEntries))
  const tree = readTreeBytes(readParent, task.parentTree)
  const ranges = tree === undefined ? [] : cutTree(tree, batches.slice(1).map(firstName))
  if (tree !== undefined) releaseBuffer(tree)
  return batches.map((batch, i): SubdirectoryFound => {
    const range = ranges[i]
    const described: DirectoryBatch = range === undefined ? { names: batch } : { names: batch, parent: range }
    return { path: task.path, parentTree: undefined, only: undefined, batch: described }
  })
}

function firstName([name = '']: readonly (string | Buffer)[]): Buffer {
  return Buffer.from(name)
}

/** The names of a batch as they were before they were posted. */
export function batchNames({ names }: DirectoryBatch): (string | Buffer)[] {
  return names.map((name) => (typeof name === 'string' ? name : Buffer.from(name)))
}
