import type { Context } from '@holdfast/core/context'
import { loadIndex } from '@holdfast/repository/engine/load-index'
import { sha256 } from '@holdfast/repository/engine/sha256'
import type { Repository } from '@holdfast/repository/repository'
import { listSnapshots } from '@holdfast/repository/snapshot/list-snapshots'
import { readBlob } from '@holdfast/repository/tree/read-blob'
import { createTreeSource, type TreeSource } from '@holdfast/repository/tree/tree-source'

/**
 * Everything that the listed snapshots hold, by id: one hash over the paths, metadata and contents of all entries, each
 * blob read from the store and verified. Equal hashes mean that a restore brings the same back.
 */
export async function readContents(repository: Repository, ctx: Context): Promise<Map<string, string>> {
  const snapshots = await listSnapshots(repository, {}, ctx)
  const index = await loadIndex(repository, ctx)
  const trees = createTreeSource(repository, index)
  const read = new Map<string, string>()
  const contents = new Map<string, string>()
  for (const { id, snapshot } of snapshots) {
    contents.set(
      id,
      await readDirectory(trees, snapshot.tree, read, (blob) => readBlob(repository, index, blob, ctx), ctx),
    )
  }
  return contents
}

async function readDirectory(
  trees: TreeSource,
  tree: string,
  read: Map<string, string>,
  blobOf: (id: string) => Promise<Buffer>,
  ctx: Context,
): Promise<string> {
  const known = read.get(tree)
  if (known !== undefined) return known
  const lines: string[] = []
  for (const node of await trees.read(tree, ctx)) {
    const { name, type, mode, mtimeNs, uid, gid, subtree, content } = node
    const below = subtree === undefined ? '' : await readDirectory(trees, subtree, read, blobOf, ctx)
    const parts: Buffer[] = []
    for (const id of content ?? []) parts.push(await blobOf(id))
    lines.push([name.toString('latin1'), type, mode, mtimeNs, uid, gid, below, sha256(Buffer.concat(parts))].join('|'))
  }
  const digest = sha256(Buffer.from(lines.join('\n'), 'latin1'))
  read.set(tree, digest)
  return digest
}
