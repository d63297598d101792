import { sealOverheadBytes } from '../format/seal-overhead.ts'
import type { Arena } from '../engine/arena.ts'
import type { BlobHasher } from '../engine/blob-hasher.ts'
import type { BlobIndex } from '../engine/blob-index.ts'
import type { PackWriter, Region } from '../engine/pack-writer.ts'
import { sha256 } from '../engine/sha256.ts'
import type { Span } from '../engine/sha256-lanes.ts'
import type { Compress } from '../engine/zstd.ts'
import { chooseCompress, type DataCompression } from './data-compression.ts'
import type { SaveCounts } from './save-jobs.ts'

/** One repository as a worker writes to it. */
export interface StoreTarget {
  readonly index: BlobIndex
  readonly data: PackWriter
  readonly tree: PackWriter
  /** undefined: this kind is stored uncompressed */
  readonly compressData: DataCompression | undefined
  readonly compressTree: Compress | undefined
  /** Stores a blob in a pack of its own; returns its stored size without the overhead of sealing. */
  storeLarge(id: string, bytes: Buffer, isTree: boolean): number
  /** makes room for new blobs in the index */
  ensureClaims(): void
}

const zeroRunBytes = 512 * 1024

/**
 * Takes blobs that lie in the arena: names each by its hash, and stores it in every repository that does not have it. The
 * bytes are hashed once and compressed at most once per kind, whatever the number of repositories.
 */
export class BlobStore {
  readonly #arena: Arena
  readonly #hasher: BlobHasher
  readonly #targets: readonly StoreTarget[]
  /** compressed form; holds the same bytes again after they were verified */
  readonly #scratch: Region
  readonly #counts: () => SaveCounts
  readonly #zeros = Buffer.alloc(zeroRunBytes)
  #zeroId: string | undefined

  constructor(
    arena: Arena,
    hasher: BlobHasher,
    targets: readonly StoreTarget[],
    scratch: Region,
    counts: () => SaveCounts,
  ) {
    this.#arena = arena
    this.#hasher = hasher
    this.#targets = targets
    this.#scratch = scratch
    this.#counts = counts
  }

  /** So many bytes are worth bringing to `storeAll` together; 0: one blob after another is as fast, and stays in the cache. */
  get gatherBytes(): number {
    return this.#hasher.gatherBytes
  }

  /** Returns the blob's id. */
  store(at: number, length: number, isTree: boolean): string {
    const id = this.#zeroRunId(at, length) ?? sha256(this.#arena.bytes.subarray(at, at + length))
    this.#storeAs(id, at, length, isTree)
    return id
  }

  /** Blobs of data that lie in the arena together; returns their ids. Faster than one after another where they are hashed so. */
  storeAll(spans: readonly Span[]): string[] {
    if (this.gatherBytes === 0) return spans.map(({ at, length }) => this.store(at, length, false))
    const ids = spans.map(({ at, length }) => this.#zeroRunId(at, length))
    const hashed = this.#hasher.hash(spans.filter((_, i) => ids[i] === undefined))[Symbol.iterator]()
    return spans.map(({ at, length }, i) => {
      const id = ids[i] ?? String(hashed.next().value)
      this.#storeAs(id, at, length, false)
      return id
    })
  }

  #storeAs(id: string, at: number, length: number, isTree: boolean): void {
    let compressed = -1
    const added: PackWriter[] = []
    for (const [number, target] of this.#targets.entries()) {
      target.ensureClaims()
      if (!target.index.claim(id)) continue
      const isCompressed = (isTree ? target.compressTree : target.compressData) !== undefined
      if (isCompressed && compressed < 0) compressed = this.#compress(target, at, length, isTree)
      const writer = isTree ? target.tree : target.data
      const stored = isCompressed && compressed > 0 ? compressed : length
      if (stored === compressed) writer.append(id, this.#scratch.at, compressed, length)
      else writer.append(id, at, length, 0)
      added.push(writer)
      this.#count(number, isTree, length, stored)
    }
    // only now: settling opens blobs again in the region that the compressed form lies in
    for (const writer of added) writer.settle()
  }

  /** The same for a blob that is too large for the arena: the tree of a directory with tens of thousands of entries. */
  storeLarge(bytes: Buffer, isTree: boolean): string {
    const id = sha256(bytes)
    for (const [number, target] of this.#targets.entries()) {
      target.ensureClaims()
      if (!target.index.claim(id)) continue
      this.#count(number, isTree, bytes.length, target.storeLarge(id, bytes, isTree))
    }
    return id
  }

  /** Whether every repository has all these blobs. */
  hasAll(ids: readonly string[]): boolean {
    return this.#targets.every(({ index }) => ids.every((id) => index.has(id)))
  }

  /** Holes of sparse files are read as zeros and always cut at the shortest chunk: its hash is worth remembering. */
  #zeroRunId(at: number, length: number): string | undefined {
    if (length !== zeroRunBytes) return undefined
    const bytes = this.#arena.bytes.subarray(at, at + length)
    if (bytes[0] !== 0 || bytes[length - 1] !== 0 || !bytes.equals(this.#zeros)) return undefined
    this.#zeroId ??= sha256(bytes)
    return this.#zeroId
  }

  /** Size of the compressed form in the scratch region, 0 when it is not worth it. Trees are always kept compressed. */
  #compress({ compressTree, compressData }: StoreTarget, at: number, length: number, isTree: boolean): number {
    if (length === 0) return 0
    const scratch = this.#scratch
    const compress = isTree ? compressTree : compressData && chooseCompress(compressData, at, length, scratch)
    // all the room there is: with less than its own bound zstd goes through buffers of its own, at half the speed
    const compressed = compress?.(at, length, scratch.at, scratch.sizeBytes) ?? 0
    return isTree || compressed < length ? compressed : 0
  }

  #count(target: number, isTree: boolean, length: number, stored: number): void {
    const counts = this.#counts()
    const blobs = isTree ? counts.treeBlobs : counts.dataBlobs
    blobs[target] = (blobs[target] ?? 0) + 1
    counts.dataAdded[target] = (counts.dataAdded[target] ?? 0) + length
    counts.dataAddedPacked[target] = (counts.dataAddedPacked[target] ?? 0) + stored + sealOverheadBytes
  }
}
