import type { Context } from '@holdfast/core/context'
import type { BlobIndex } from '../engine/blob-index.ts'
import type { Repository } from '../repository.ts'
import { EntryBitmap } from './entry-bitmap.ts'
import type { TreeProblem } from './inspect-tree.ts'
import { visitTrees } from './visit-trees.ts'

export interface UsedBlobs {
  /**
   * One entry for each used blob, as `findTypedEntry` gives it: further copies of a blob are not marked. Tree and data
   * blobs of the same id are different blobs.
   */
  readonly used: EntryBitmap
  /** directories read */
  readonly trees: number
  /** whatever keeps the answer from being complete: missing blobs, trees that cannot be read */
  readonly problems: readonly TreeProblem[]
}

export interface CollectOptions {
  /** threads, 4 unless given */
  readonly workers?: number
  readonly onProgress?: (trees: number, total: number) => void
}

/**
 * All blobs that the root trees need, directly or below. Whoever deletes what is not in the answer must stop when there
 * are problems.
 * @throws AppError STORAGE_…, INTERRUPTED
 */
export async function collectUsedBlobs(
  repository: Repository,
  index: BlobIndex,
  roots: Iterable<string>,
  options: CollectOptions,
  ctx: Context,
): Promise<UsedBlobs> {
  const used = EntryBitmap.create(index.size)
  const problems: TreeProblem[] = []
  const onProblem = (problem: TreeProblem): void => void problems.push(problem)
  const trees = await visitTrees(repository, index, roots, used, { ...options, onProblem }, ctx)
  return { used, trees, problems }
}
