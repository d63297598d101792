import type { PackedBlob } from '../format/packed-blob.ts'
import { sealOverheadBytes } from '../format/seal-overhead.ts'
import type { BlobHasher } from './blob-hasher.ts'
import type { Span } from './sha256-lanes.ts'
import type { Decompress } from './zstd.ts'

export interface OpenedBlobsParts {
  readonly hasher: BlobHasher
  readonly decompress: Decompress
  /** where blobs are decompressed to */
  readonly plain: { readonly at: number; readonly sizeBytes: number }
}

/** A blob that was decrypted. */
export interface OpenedBlob {
  readonly id: string
  /** address in the arena; stays as it is until it is delivered */
  readonly text: number
  readonly textLength: number
  /** 0: the text is the blob itself */
  readonly rawLength: number
}

export interface OpenedBlobsSink<Item> {
  /** It is what its id says. Its bytes are valid during the call. */
  sound(item: Item, at: number, length: number): void
  wrong(item: Item, reason: string): void
}

/** Decompresses blobs that were decrypted and compares them with their ids, as many at a time as are worth being hashed together. */
export class OpenedBlobs<Item> {
  readonly #parts: OpenedBlobsParts
  readonly #sink: OpenedBlobsSink<Item>
  #waiting: (Span & { readonly item: Item; readonly id: string })[] = []
  #bytes = 0
  #end: number

  constructor(parts: OpenedBlobsParts, sink: OpenedBlobsSink<Item>) {
    this.#parts = parts
    this.#sink = sink
    this.#end = parts.plain.at
  }

  /** An address in the region for blobs, for `length` bytes; undefined when it is too small for them. */
  makeRoom(length: number): number | undefined {
    const { plain } = this.#parts
    // zstd wants a byte more than it writes, to see that nothing follows
    const isFull = (): boolean => this.#end + length + 1 > plain.at + plain.sizeBytes
    if (isFull()) this.deliver()
    if (isFull()) return undefined
    const at = this.#end
    this.#end += length
    return at
  }

  add(item: Item, { id, text, textLength, rawLength }: OpenedBlob): void {
    let [at, length] = [text, textLength]
    if (rawLength > 0) {
      const room = this.makeRoom(rawLength)
      if (room === undefined) return this.#sink.wrong(item, `it claims ${rawLength} bytes`)
      if (!this.#parts.decompress(text, textLength, room, rawLength)) {
        return this.#sink.wrong(item, `it does not decompress to ${rawLength} bytes`)
      }
      ;[at, length] = [room, rawLength]
    }
    this.#waiting.push({ item, id, at, length })
    this.#bytes += length
    if (this.#bytes >= this.#parts.hasher.gatherBytes) this.deliver()
  }

  /** To be called at the end, and before what was added is overwritten. */
  deliver(): void {
    const waiting = this.#waiting
    ;[this.#waiting, this.#bytes, this.#end] = [[], 0, this.#parts.plain.at]
    const hashes = this.#parts.hasher.hash(waiting)
    for (const [i, { item, id, at, length }] of waiting.entries()) {
      if (hashes[i] === id) this.#sink.sound(item, at, length)
      else this.#sink.wrong(item, 'wrong content')
    }
  }
}

/** A blob of a pack whose decrypted form lies at `text`. */
export function openedAt(
  { id, length, rawLength }: Pick<PackedBlob, 'id' | 'length' | 'rawLength'>,
  text: number,
): OpenedBlob {
  return { id, text, textLength: length - sealOverheadBytes, rawLength }
}
