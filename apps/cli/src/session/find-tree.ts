import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import type { FoundSnapshot } from '@holdfast/repository/snapshot/find-snapshot'
import { resolvePath } from '@holdfast/repository/tree/resolve-path'
import type { TreeSource } from '@holdfast/repository/tree/tree-source'

/** The tree that `snapshot:subfolder` means, or the whole snapshot's. Fails with PATH_UNKNOWN, ARGUMENT_INVALID. */
export async function findTree(
  trees: TreeSource,
  { id, snapshot, subfolder }: FoundSnapshot,
  ctx: Context,
): Promise<string> {
  if (subfolder === undefined) return snapshot.tree
  const { treeId } = await resolvePath(trees, snapshot.tree, subfolder, id.slice(0, 8), ctx)
  if (treeId !== undefined) return treeId
  throw new AppError('ARGUMENT_INVALID', {
    name: '<snapshot>:<subfolder>',
    value: JSON.stringify(subfolder),
    reason: 'it is not a directory',
  })
}
