import type { Region } from '../engine/pack-writer.ts'
import type { Span } from '../engine/sha256-lanes.ts'
import type { BlobStore } from './blob-store.ts'

/** Chunks that are brought into a region one behind the other, and stored as many at a time as is worth it. */
export class GatheredChunks {
  readonly #region: Region
  readonly #store: BlobStore
  #spans: Span[] = []
  #end: number
  #ids: string[] = []

  constructor(region: Region, store: BlobStore) {
    this.#region = region
    this.#store = store
    this.#end = region.at
  }

  /** Where the next chunk belongs, of up to `length` bytes, at most as many as the region has. */
  placeFor(length: number): number {
    if (this.#end + length > this.#region.at + this.#store.gatherBytes) this.#storeAll()
    return this.#end
  }

  /** The next chunk is at its place. */
  add(length: number): void {
    this.#spans.push({ at: this.#end, length })
    this.#end += length
  }

  /** Stores the last ones; returns the ids of all. */
  finish(): string[] {
    this.#storeAll()
    return this.#ids
  }

  #storeAll(): void {
    this.#ids.push(...this.#store.storeAll(this.#spans))
    this.#spans = []
    this.#end = this.#region.at
  }
}
