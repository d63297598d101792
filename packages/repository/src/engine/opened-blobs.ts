import { AppError } from '@holdfast/core/errors/app-error'
import { sealOverheadBytes } from '../format/seal-overhead.ts'
import type { PackedBlob } from '../format/packed-blob.ts'
import type { BlobHasher, Span } from './blob-hasher.ts'
import type { Region } from './pack-writer.ts'

/**
 * Blobs of own packs that were opened again: each must be what its id says. They are gathered as long as there is room, and
 * hashed together.
 */
export class OpenedBlobs {
  readonly #hasher: BlobHasher
  readonly #plain: Region
  #end: number
  #blobs: PackedBlob[] = []
  #spans: Span[] = []

  constructor(hasher: BlobHasher, plain: Region) {
    this.#hasher = hasher
    this.#plain = plain
    this.#end = plain.at
  }

  /** An address in the region, for `length` bytes. */
  makeRoom(length: number): number {
    // decompressors may touch the byte behind what they were asked for
    if (this.#end + length + 1 > this.#plain.at + this.#plain.sizeBytes) this.verify()
    const at = this.#end
    this.#end += length
    return at
  }

  /** A blob that was opened to `at`, in this region or elsewhere. */
  add(blob: PackedBlob, at: number): void {
    this.#blobs.push(blob)
    this.#spans.push({ at, length: blob.rawLength || blob.length - sealOverheadBytes })
    if (this.#hasher.gatherBytes === 0) this.verify()
  }

  /** @throws AppError ENGINE_READBACK_FAILED */
  verify(): void {
    for (const [i, hash] of this.#hasher.hash(this.#spans).entries()) {
      const blob = this.#blobs[i]
      if (blob !== undefined && hash !== blob.id) throw readbackFailed(blob, 'other content')
    }
    this.#blobs = []
    this.#spans = []
    this.#end = this.#plain.at
  }
}

export function readbackFailed(blob: PackedBlob, reason: string): AppError {
  return new AppError('ENGINE_READBACK_FAILED', { blob: blob.id, reason })
}
