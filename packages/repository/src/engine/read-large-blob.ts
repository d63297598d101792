import { openBlob } from '../tree/open-blob.ts'
import type { MasterKey } from '../format/master-key.ts'
import type { Arena } from './arena.ts'
import type { BlobIndex } from './blob-index.ts'
import type { PackReader } from './pack-reader.ts'
import { releaseBuffer } from './release-buffer.ts'

export interface LargeBlobSource {
  readonly arena: Arena
  readonly index: BlobIndex
  readonly packs: PackReader
  readonly key: MasterKey
  /** what the pieces pass through; nothing in it is needed */
  readonly piece: { readonly at: number; readonly sizeBytes: number }
}

/**
 * Reads a blob that is too large for the arena's regions into memory of its own: the tree of a directory with tens of
 * thousands of entries. Verified like every other blob. Undefined when no copy can be opened.
 * @throws AppError STORAGE_…
 */
export function readLargeBlob({ arena, index, packs, key, piece }: LargeBlobSource, id: string): Buffer | undefined {
  const entry = index.find(id)
  if (entry < 0) return undefined
  for (const copy of [entry, ...index.copiesOf(entry)]) {
    const place = index.place(copy)
    const sealed = Buffer.allocUnsafeSlow(place.length)
    for (let done = 0; done < place.length;) {
      const length = Math.min(piece.sizeBytes, place.length - done)
      packs.read(place.packId, place.offset + done, length, piece.at)
      arena.bytes.copy(sealed, done, piece.at, piece.at + length)
      done += length
    }
    const opened = openBlob(key, id, place, sealed)
    releaseBuffer(sealed)
    if ('content' in opened) return opened.content
  }
  return undefined
}
