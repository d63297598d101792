import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import type { BlobIndex } from '@holdfast/repository/engine/blob-index'
import type { Node } from '@holdfast/repository/format/node'
import type { Repository } from '@holdfast/repository/repository'
import type { WalkedEntry } from '@holdfast/repository/tree/walk-tree'
import { readFileContent } from './file-content.ts'
import { tarBlockBytes, tarHeaders, tarPadding } from './tar-header.ts'

/**
 * A tar archive of entries of a snapshot, piece by piece. Files that are hard links of one another stay so. Sockets and the
 * like, which tar cannot hold, are reported and left out.
 */
export async function* writeTarArchive(
  repository: Repository,
  index: BlobIndex,
  entries: AsyncIterable<Pick<WalkedEntry, 'path' | 'node'>>,
  ctx: Context,
): AsyncGenerator<Buffer> {
  const firsts = new Map<string, Buffer>()
  for await (const { path: absolute, node } of entries) {
    const path = absolute.subarray(1)
    const linkedTo = earlierLink(firsts, path, node)
    const headers = tarHeaders({ path, node, ...(linkedTo === undefined ? {} : { linkedTo }) })
    if (headers === undefined) {
      const message = `${absolute.toString()} is left out: a tar archive cannot hold a ${node.type}`
      ctx.emit({ type: 'message.noted', level: 'warning', message })
      continue
    }
    yield headers
    if (node.type !== 'file' || linkedTo !== undefined) continue
    yield* exactly(node.size, readFileContent(repository, index, node, ctx), absolute)
    yield tarPadding(node.size)
  }
  yield Buffer.alloc(2 * tarBlockBytes)
}

function earlierLink(
  firsts: Map<string, Buffer>,
  path: Buffer,
  { type, links, inode, deviceId }: Node,
): Buffer | undefined {
  if (type !== 'file' || links < 2 || inode === 0n) return undefined
  const key = `${deviceId}:${inode}`
  const first = firsts.get(key)
  if (first === undefined) firsts.set(key, path)
  return first
}

/** The header has promised a size, and a reader would take what follows for it. */
async function* exactly(sizeBytes: number, pieces: AsyncIterable<Buffer>, path: Buffer): AsyncGenerator<Buffer> {
  let left = sizeBytes
  for await (const piece of pieces) {
    left -= piece.length
    if (left < 0) break
    yield piece
  }
  if (left === 0) return
  const reason = 'its content has not the size that its entry says'
  throw new AppError('REPOSITORY_DAMAGED', { object: path.toString(), reason })
}
