import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import { loadIndex } from '@holdfast/repository/engine/load-index'
import type { Repository } from '@holdfast/repository/repository'
import type { FoundSnapshot } from '@holdfast/repository/snapshot/find-snapshot'
import { resolvePath } from '@holdfast/repository/tree/resolve-path'
import { createTreeSource } from '@holdfast/repository/tree/tree-source'

/** The tree that `snapshot:subfolder` means, or the whole snapshot's. Fails with PATH_UNKNOWN. */
export async function findTree(
  repository: Repository,
  { id, snapshot, subfolder }: FoundSnapshot,
  ctx: Context,
): Promise<string> {
  if (subfolder === undefined) return snapshot.tree
  const trees = createTreeSource(repository, await loadIndex(repository, ctx))
  const { treeId } = await resolvePath(trees, snapshot.tree, subfolder, id.slice(0, 8), ctx)
  if (treeId !== undefined) return treeId
  throw new AppError('ARGUMENT_INVALID', {
    name: '<snapshot>:<subfolder>',
    value: JSON.stringify(subfolder),
    reason: 'it is not a directory',
  })
}
