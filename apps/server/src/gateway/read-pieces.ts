import type { Context } from '@holdfast/core/context'
import type { Backend, FileId } from '@holdfast/storage/backend'
import type { RequestedRange } from './requested-range.ts'

const pieceBytes = 4 << 20

/** A part of a file, a piece at a time: as the client takes them, so that none is held for a slow one. */
export async function* readPieces(
  backend: Backend,
  file: FileId,
  { start, length }: RequestedRange,
  ctx: Context,
): AsyncGenerator<Uint8Array> {
  for (let done = 0; done < length; done += pieceBytes) {
    yield await backend.read(file, { offset: start + done, length: Math.min(pieceBytes, length - done) }, ctx)
  }
}
