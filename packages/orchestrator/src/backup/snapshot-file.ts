import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import { dumpFile } from '@holdfast/repository/restore/dump-file'
import type { ListedSnapshot } from '@holdfast/repository/snapshot/listed-snapshot'
import type { OpenedTrees } from '@holdfast/repository/tree/open-trees'
import { resolvePath } from '@holdfast/repository/tree/resolve-path'

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
