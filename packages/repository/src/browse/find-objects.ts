import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import type { BlobIndex } from '../engine/blob-index.ts'
import type { ListedSnapshot } from '../snapshot/listed-snapshot.ts'
import type { TreeSource } from '../tree/tree-source.ts'
import { type WalkedEntry, walkTree } from '../tree/walk-tree.ts'

/** Ids, or beginnings of ids, of what is looked for. */
export interface ObjectQuery {
  readonly blobs?: readonly string[]
  readonly trees?: readonly string[]
  /** every blob in these packs */
  readonly packs?: readonly string[]
}

/** One place where a snapshot uses an object. */
export interface FoundObject {
  readonly type: 'blob' | 'tree'
  readonly id: string
  readonly path: Buffer
  /** the directory that names it; absent for a root */
  readonly parentTreeId?: string
  readonly snapshot: ListedSnapshot
}

/**
 * Which files use a blob, which directories are a tree, what is in a pack.
 * @throws AppError OBJECT_UNKNOWN for a pack that the index does not know, ARGUMENT_INVALID, REPOSITORY_DAMAGED, STORAGE_…
 */
export async function* findObjects(
  trees: TreeSource,
  index: BlobIndex,
  snapshots: Iterable<ListedSnapshot>,
  query: ObjectQuery,
  ctx: Context,
): AsyncGenerator<FoundObject> {
  const packed = blobsOfPacks(index, query.packs ?? [])
  const isBlob = matcher(query.blobs ?? [], packed.blobs)
  const isTree = matcher(query.trees ?? [], packed.trees)
  for (const snapshot of snapshots) {
    const root = snapshot.snapshot.tree
    if (isTree(root)) yield { type: 'tree', id: root, path: Buffer.from('/'), snapshot }
    for await (const entry of walkTree(trees, root, {}, ctx)) {
      for (const found of matches(entry, isBlob, isTree)) yield { ...found, snapshot }
    }
  }
}

function* matches(
  { node, path, treeId }: WalkedEntry,
  isBlob: (id: string) => boolean,
  isTree: (id: string) => boolean,
): Generator<Omit<FoundObject, 'snapshot'>> {
  if (node.subtree !== undefined && isTree(node.subtree)) {
    yield { type: 'tree', id: node.subtree, path, parentTreeId: treeId }
  }
  for (const id of node.content ?? []) if (isBlob(id)) yield { type: 'blob', id, path, parentTreeId: treeId }
}

function matcher(prefixes: readonly string[], ids: ReadonlySet<string>): (id: string) => boolean {
  for (const prefix of prefixes) {
    if (!/^[0-9a-f]{1,64}$/.test(prefix)) {
      throw new AppError('ARGUMENT_INVALID', { name: 'the id', value: prefix, reason: 'it is not hexadecimal' })
    }
  }
  return (id) => ids.has(id) || prefixes.some((prefix) => id.startsWith(prefix))
}

function blobsOfPacks(
  index: BlobIndex,
  prefixes: readonly string[],
): { blobs: ReadonlySet<string>; trees: ReadonlySet<string> } {
  const blobs = new Set<string>()
  const trees = new Set<string>()
  const packs = new Set<number>()
  for (const prefix of prefixes) {
    const matching = [...index.packIds.keys()].filter((pack) => index.packIds[pack]?.startsWith(prefix))
    if (matching.length === 0) throw new AppError('OBJECT_UNKNOWN', { type: 'pack', id: prefix })
    for (const pack of matching) packs.add(pack)
  }
  if (packs.size === 0) return { blobs, trees }
  for (let entry = 0; entry < index.size; entry++) {
    if (packs.has(index.packOf(entry))) (index.isTree(entry) ? trees : blobs).add(index.idOf(entry))
  }
  return { blobs, trees }
}
