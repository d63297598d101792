import type { Context } from '@holdfast/core/context'
import type { BlobIndex } from '../engine/blob-index.ts'
import type { Node } from '../format/node.ts'
import type { Repository } from '../repository.ts'
import { contentOf } from './file-content.ts'
import { readAhead } from './read-ahead.ts'

/**
 * A file's content from front to back, verified; what comes next is read while one blob is consumed.
 * @throws AppError REPOSITORY_DAMAGED, STORAGE_…, INTERRUPTED
 */
export async function* dumpFile(
  repository: Repository,
  index: BlobIndex,
  node: Node,
  ctx: Context,
): AsyncGenerator<Buffer> {
  yield* readAhead(contentOf(index, node).parts, repository, index, ctx)
}
