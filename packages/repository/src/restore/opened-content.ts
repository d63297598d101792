import type { BlobHasher, Span } from '../engine/blob-hasher.ts'
import type { BlobIndex } from '../engine/blob-index.ts'
import type { Decompress } from '../engine/zstd.ts'
import { sealOverheadBytes } from '../format/seal-overhead.ts'
import type { Want } from './content-plan.ts'

/** Wants of one blob. */
export type WantGroup<Place> = [Want<Place>, ...Want<Place>[]]

export interface OpenedContentParts {
  readonly index: BlobIndex
  readonly hasher: BlobHasher
  readonly decompress: Decompress
  readonly plain: { readonly at: number; readonly sizeBytes: number }
}

/** Blobs that were decrypted and still have to be decompressed and compared with their ids, several at a time. */
export class OpenedContent<Place> {
  readonly #parts: OpenedContentParts
  #groups: WantGroup<Place>[] = []
  #spans: Span[] = []
  #damaged: WantGroup<Place>[] = []
  #end: number
  #bytes = 0

  constructor(parts: OpenedContentParts) {
    this.#parts = parts
    this.#end = parts.plain.at
  }

  /** Whether there is enough to be hashed together; more would only need more memory. */
  get isEnough(): boolean {
    return this.#bytes > 0 && this.#bytes >= this.#parts.hasher.gatherBytes
  }

  /** A blob whose decrypted form lies at `text`, and stays there until it is taken. */
  add(group: WantGroup<Place>, text: number): void {
    const { index, decompress, plain } = this.#parts
    const [{ entry }] = group
    const rawLength = index.rawLengthOf(entry)
    const packed = index.lengthOf(entry) - sealOverheadBytes
    const room = plain.at + plain.sizeBytes - this.#end
    if (rawLength > 0 && (rawLength >= room || !decompress(text, packed, this.#end, rawLength))) {
      return this.addDamaged(group)
    }
    const length = rawLength || packed
    this.#groups.push(group)
    this.#spans.push({ at: rawLength > 0 ? this.#end : text, length })
    this.#end += rawLength
    this.#bytes += length
  }

  /** Damaged, or too large to be opened here. */
  addDamaged(group: WantGroup<Place>): void {
    this.#damaged.push(group)
  }

  /** Gives out what is as its id says, and returns the rest. Begins anew afterwards. */
  take(sound: (group: WantGroup<Place>, at: number, length: number) => void): WantGroup<Place>[] {
    const { hasher, plain } = this.#parts
    const [groups, spans, damaged] = [this.#groups, this.#spans, this.#damaged]
    ;[this.#groups, this.#spans, this.#damaged] = [[], [], []]
    this.#end = plain.at
    this.#bytes = 0
    for (const [i, hash] of hasher.hash(spans).entries()) {
      const [group, span] = [groups[i], spans[i]]
      if (group === undefined || span === undefined) continue
      if (hash === group[0].id) sound(group, span.at, span.length)
      else damaged.push(group)
    }
    return damaged
  }
}
