import type { Context } from '@holdfast/core/context'
import { AppError, isAppError } from '@holdfast/core/errors/app-error'
import { throwIfInterrupted } from '@holdfast/storage/interruption'
import type { Node } from '../format/node.ts'
import type { TreeSource } from './tree-source.ts'

export interface WalkedEntry {
  /** raw bytes, absolute within the snapshot: "/srv/app/file" */
  readonly path: Buffer
  readonly node: Node
  /** id of the tree the node stands in */
  readonly treeId: string
}

export interface WalkOptions {
  /** path of the tree that the walk begins with, "/" unless given */
  readonly path?: Buffer
  /** false leaves out what is below a directory; the directory itself is still given */
  readonly enter?: (entry: WalkedEntry) => boolean
  /** told of each directory that cannot be read, instead of failing at the first */
  readonly onUnreadable?: (entry: { readonly path: Buffer; readonly treeId: string }, error: AppError) => void
}

const slash = Buffer.from('/')

/**
 * Everything below a tree, parents before children, siblings in byte order of their names.
 * @throws AppError REPOSITORY_DAMAGED, STORAGE_…, INTERRUPTED
 */
export async function* walkTree(
  trees: TreeSource,
  rootTreeId: string,
  options: WalkOptions,
  ctx: Context,
): AsyncGenerator<WalkedEntry> {
  const stack = [await enterTree(trees, rootTreeId, options.path ?? slash, options, ctx)]
  for (let level = stack.at(-1); level !== undefined; level = stack.at(-1)) {
    const node = level.nodes[level.next++]
    if (node === undefined) {
      stack.pop()
      continue
    }
    const entry = { path: joinPath(level.path, node.name), node, treeId: level.treeId }
    const { subtree } = node
    // asked before the entry is given away, so that `enter` sees entries in the same order as the caller
    const enters = node.type === 'dir' && options.enter?.(entry) !== false
    yield entry
    if (!enters) continue
    if (subtree !== undefined) stack.push(await enterTree(trees, subtree, entry.path, options, ctx))
    else refuse(entry, new AppError('REPOSITORY_DAMAGED', missingSubtree(entry)), options)
  }
}

/** "/" and "a" give "/a"; "/a" and "b" give "/a/b". */
export function joinPath(directory: Buffer, name: Buffer): Buffer {
  return directory.length === 1 ? Buffer.concat([directory, name]) : Buffer.concat([directory, slash, name])
}

interface Level {
  readonly treeId: string
  readonly path: Buffer
  readonly nodes: readonly Node[]
  next: number
}

async function enterTree(
  trees: TreeSource,
  treeId: string,
  path: Buffer,
  options: WalkOptions,
  ctx: Context,
): Promise<Level> {
  throwIfInterrupted(ctx)
  try {
    return { treeId, path, nodes: await trees.read(treeId, ctx), next: 0 }
  } catch (error) {
    if (!isAppError(error) || error.code === 'INTERRUPTED') throw error
    refuse({ path, treeId }, error, options)
    return { treeId, path, nodes: [], next: 0 }
  }
}

function refuse(entry: { path: Buffer; treeId: string }, error: AppError, { onUnreadable }: WalkOptions): void {
  if (onUnreadable === undefined) throw error
  onUnreadable(entry, error)
}

function missingSubtree({ path, treeId }: WalkedEntry): { object: string; reason: string } {
  return { object: `tree ${treeId.slice(0, 8)}`, reason: `the directory ${path.toString()} has no tree` }
}
