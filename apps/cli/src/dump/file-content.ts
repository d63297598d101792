import type { Context } from '@holdfast/core/context'
import type { BlobIndex } from '@holdfast/repository/engine/blob-index'
import type { Node } from '@holdfast/repository/format/node'
import type { Repository } from '@holdfast/repository/repository'
import { readBlob } from '@holdfast/repository/tree/read-blob'

/** A chunk has at most 8 MiB, so this bounds the memory. */
const aheadAtMost = 8

/**
 * The content of a file, piece by piece; the next pieces are read while one is used.
 * @throws AppError REPOSITORY_DAMAGED, STORAGE_…, INTERRUPTED
 */
export async function* readFileContent(
  repository: Repository,
  index: BlobIndex,
  { content }: Pick<Node, 'content'>,
  ctx: Context,
): AsyncGenerator<Buffer> {
  const ids = content ?? []
  const ahead: Promise<Buffer>[] = []
  let next = 0
  const readAhead = () => {
    while (ahead.length < aheadAtMost && next < ids.length) {
      const piece = readBlob(repository, index, ids[next++] ?? '', ctx)
      // awaited below, in its turn; until then a failure must not count as unhandled
      piece.catch(() => {})
      ahead.push(piece)
    }
  }
  readAhead()
  for (let piece = ahead.shift(); piece !== undefined; piece = ahead.shift()) {
    readAhead()
    yield await piece
  }
}
