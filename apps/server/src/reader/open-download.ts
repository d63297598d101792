import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import { quotePath, unquotePath } from '@holdfast/core/text/quoted-path'
import { dumpFile } from '@holdfast/repository/restore/dump-file'
import { dumpTar } from '@holdfast/repository/restore/dump-tar'
import { contentOf } from '@holdfast/repository/restore/file-content'
import { resolvePath } from '@holdfast/repository/tree/resolve-path'
import type { HeldSnapshot } from './held-repositories.ts'
import type { OpenedDownload } from './reader-question.ts'

export interface Download {
  readonly file: OpenedDownload
  readonly pieces: AsyncIterator<Uint8Array, unknown>
}

/** Pieces are put together to about so much: each is a message between processes. */
const pieceBytes = 256 << 10

/**
 * A file as it is, a directory as a tar archive. Fails with PATH_UNKNOWN, SNAPSHOT_ENTRY_UNSUITABLE for what has no content,
 * REPOSITORY_DAMAGED; the pieces fail with STORAGE_… too.
 */
export async function openDownload({ listed, opened }: HeldSnapshot, quoted: string, ctx: Context): Promise<Download> {
  const { repository, index, trees } = opened
  const snapshot = listed.id.slice(0, 8)
  const { path, node, treeId } = await resolvePath(
    trees,
    listed.snapshot.tree,
    unquotePath(quoted) ?? quoted,
    snapshot,
    ctx,
  )
  const name = path.subarray(path.lastIndexOf('/') + 1).toString()
  if (treeId !== undefined) {
    const root = { tree: treeId, path, ...(node === undefined ? {} : { node }) }
    return {
      file: { name: `${name === '' ? `snapshot-${snapshot}` : name}.tar`, mediaType: 'application/x-tar' },
      pieces: gather(dumpTar(repository, index, root, ctx)),
    }
  }
  if (node?.type !== 'file') {
    throw new AppError('SNAPSHOT_ENTRY_UNSUITABLE', { path: quotePath(path), snapshot, wanted: 'file or directory' })
  }
  const { sizeBytes } = contentOf(index, node)
  return {
    file: { name, mediaType: 'application/octet-stream', sizeBytes },
    pieces: gather(dumpFile(repository, index, node, ctx)),
  }
}

async function* gather(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let waiting: Uint8Array[] = []
  let bytes = 0
  for await (const piece of pieces) {
    waiting.push(piece)
    bytes += piece.byteLength
    if (bytes < pieceBytes) continue
    yield Buffer.concat(waiting)
    waiting = []
    bytes = 0
  }
  if (bytes > 0) yield Buffer.concat(waiting)
}
