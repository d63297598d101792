import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import type { BlobIndex } from '@holdfast/repository/engine/blob-index'
import { loadIndex } from '@holdfast/repository/engine/load-index'
import type { Repository } from '@holdfast/repository/repository'
import { dumpFile } from '@holdfast/repository/restore/dump-file'
import type { ListedSnapshot } from '@holdfast/repository/snapshot/listed-snapshot'
import { resolvePath } from '@holdfast/repository/tree/resolve-path'
import { createTreeSource, type TreeSource } from '@holdfast/repository/tree/tree-source'

/** What is needed to look into a repository's snapshots. */
export interface OpenedTrees {
  readonly repository: Repository
  readonly index: BlobIndex
  readonly trees: TreeSource
}

export async function openTrees(repository: Repository, ctx: Context): Promise<OpenedTrees> {
  const index = await loadIndex(repository, ctx)
  return { repository, index, trees: createTreeSource(repository, index) }
}

/** The content of a file of a snapshot, in pieces. Fails with PATH_UNKNOWN. */
export async function* streamSnapshotFile(
  { repository, index, trees }: OpenedTrees,
  { id, snapshot }: ListedSnapshot,
  path: string,
  ctx: Context,
): AsyncGenerator<Uint8Array> {
  const { node } = await resolvePath(trees, snapshot.tree, path, id.slice(0, 8), ctx)
  if (node === undefined || node.type !== 'file') {
    throw new AppError('PATH_UNKNOWN', { path, snapshot: id.slice(0, 8) })
  }
  yield* dumpFile(repository, index, node, ctx)
}

/** The whole content of a small file of a snapshot. Fails with PATH_UNKNOWN. */
export async function readSnapshotFile(
  opened: OpenedTrees,
  snapshot: ListedSnapshot,
  path: string,
  ctx: Context,
): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  for await (const part of streamSnapshotFile(opened, snapshot, path, ctx)) parts.push(part)
  return Buffer.concat(parts)
}
