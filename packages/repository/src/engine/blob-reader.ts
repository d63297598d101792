import { sealOverheadBytes } from '../format/seal-overhead.ts'
import { AppError, isAppError } from '@holdfast/core/errors/app-error'
import type { Arena } from './arena.ts'
import { type ArenaCipher } from './arena-cipher.ts'
import type { BlobIndex, BlobPlace } from './blob-index.ts'
import type { PackReader } from './pack-reader.ts'
import { sha256 } from './sha256.ts'
import type { Decompress } from './zstd.ts'

/** A blob's bytes in the arena, valid until the next read. */
export interface BlobView {
  readonly at: number
  readonly length: number
}

export interface BlobReaderRegions {
  /** sealed bytes as they lie in the pack */
  readonly window: { readonly at: number; readonly sizeBytes: number }
  /** decrypted, still compressed */
  readonly text: { readonly at: number; readonly sizeBytes: number }
  /** the blob itself */
  readonly plain: { readonly at: number; readonly sizeBytes: number }
}

/**
 * Reads single blobs through the index: opens, decompresses and re-hashes each. Neighbouring blobs are read in one go
 * (`readAheadBytes`). A damaged copy is replaced by another pack's copy of the same blob where there is one.
 */
export class BlobReader {
  readonly #arena: Arena
  readonly #cipher: ArenaCipher
  readonly #index: BlobIndex
  readonly #packs: PackReader
  readonly #regions: BlobReaderRegions
  readonly #decompress: Decompress
  #windowPack = ''
  #windowStart = 0
  #windowEnd = 0

  constructor(
    arena: Arena,
    cipher: ArenaCipher,
    index: BlobIndex,
    packs: PackReader,
    regions: BlobReaderRegions,
    decompress: Decompress,
  ) {
    this.#arena = arena
    this.#cipher = cipher
    this.#index = index
    this.#packs = packs
    this.#regions = regions
    this.#decompress = decompress
  }

  /** Throws REPOSITORY_DAMAGED when the blob is not in the index or no copy of it can be read. */
  read(id: string, readAheadBytes: number): BlobView {
    const entry = this.#index.find(id)
    if (entry < 0) throw damagedBlob(id, 'it is not in the index')
    const first = this.#tryPlace(id, this.#index.place(entry), readAheadBytes)
    if (typeof first !== 'string') return first
    let reason = first
    for (const copy of this.#index.copiesOf(entry)) {
      const view = this.#tryPlace(id, this.#index.place(copy), 0)
      if (typeof view !== 'string') return view
      reason = view
    }
    throw damagedBlob(id, reason)
  }

  #tryPlace(id: string, place: BlobPlace, readAheadBytes: number): BlobView | string {
    try {
      return this.#readPlace(id, place, readAheadBytes)
    } catch (error) {
      if (!isAppError(error) || error.code === 'INTERRUPTED') throw error
      this.#windowPack = ''
      return error.message
    }
  }

  #readPlace(id: string, place: BlobPlace, readAheadBytes: number): BlobView | string {
    const { window, text, plain } = this.#regions
    const where = `pack ${place.packId} at ${place.offset}`
    const plainLength = place.rawLength || place.length - sealOverheadBytes
    if (place.length > window.sizeBytes || place.length > text.sizeBytes || plainLength + 1 > plain.sizeBytes) {
      return `${where}: ${plainLength} bytes are more than a blob may have here`
    }
    this.#fillWindow(place, readAheadBytes)
    const sealedAt = window.at + place.offset - this.#windowStart
    const target = place.rawLength > 0 ? text.at : plain.at
    if (!this.#cipher.open(sealedAt, place.length, target)) return `${where}: wrong message authentication code`
    const packed = place.length - sealOverheadBytes
    if (place.rawLength > 0 && !this.#decompress(text.at, packed, plain.at, place.rawLength)) {
      return `${where}: it cannot be decompressed`
    }
    if (sha256(this.#arena.bytes.subarray(plain.at, plain.at + plainLength)) !== id) return `${where}: wrong content`
    return { at: plain.at, length: plainLength }
  }

  #fillWindow(place: BlobPlace, readAheadBytes: number): void {
    const end = place.offset + place.length
    if (place.packId === this.#windowPack && place.offset >= this.#windowStart && end <= this.#windowEnd) return
    const { window } = this.#regions
    this.#windowPack = ''
    // one that is far away has its own way of reading ahead; without reading ahead, what is read must be fresh
    const inBlocks = !this.#packs.isLocal && readAheadBytes > 0
    const wanted = Math.min(window.sizeBytes, Math.max(place.length, inBlocks ? 0 : readAheadBytes))
    const length = Math.max(place.length, Math.min(wanted, place.packEnd - place.offset))
    const { packId, offset, packEnd } = place
    this.#packs.read(packId, offset, length, window.at, undefined, inBlocks ? packEnd : undefined)
    this.#windowPack = place.packId
    this.#windowStart = place.offset
    this.#windowEnd = place.offset + length
  }
}

function damagedBlob(id: string, reason: string): AppError {
  return new AppError('REPOSITORY_DAMAGED', { object: `blob ${id}`, reason })
}
