import { sealOverheadBytes } from '../format/seal-overhead.ts'
import { IdTable, type SharedIdTable } from './id-table.ts'
import type { PackedIndex } from './packed-index.ts'

/**
 * Where every blob lies, in memory that all threads share. An entry costs 48 bytes (id 32, pack 4, offset 4, length 4,
 * raw length 4) and its hash slots 4 bytes each, 70 % full at most: 54 bytes a blob.
 *
 * What was loaded lies in one table. While a backup runs, threads claim new ids in further tables with atomic
 * operations; a fresh one is added when the newest fills up. Two threads that use different tables for a moment may
 * both claim one id: then it is stored twice, which the format allows.
 */
export interface SharedBlobIndex {
  readonly loaded: SharedIdTable
  /** Uint32 × 4 an entry: pack number (highest bit: tree), offset, length, raw length (0: stored uncompressed) */
  readonly places: SharedArrayBuffer
  readonly packs: SharedIdTable
  /** Float64 by pack number: where its last known blob ends */
  readonly packEnds: SharedArrayBuffer
  readonly duplicates: readonly IndexDuplicate[]
  readonly claims: readonly SharedIdTable[]
}

/** A blob that is in the index twice: its first entry and another. */
export type IndexDuplicate = readonly [entry: number, copy: number]

export interface BlobPlace {
  readonly packId: string
  readonly isTree: boolean
  readonly offset: number
  /** bytes in the pack, with the overhead of sealing */
  readonly length: number
  /** bytes of the blob when it is stored compressed, otherwise 0 */
  readonly rawLength: number
  /** where the last known blob of the pack ends: how far reading ahead can go */
  readonly packEnd: number
}

const treeBit = 0x80000000
const placeWords = 4
/** Packs that a new index has room for. */
const firstPacks = 1024
/** Threads that may be about to add a pack at the same moment. */
const claimsAtOnce = 64

export class BlobIndex {
  #loaded: IdTable
  #places: Uint32Array<SharedArrayBuffer>
  #packs: IdTable
  #packEnds: Float64Array<SharedArrayBuffer>
  #packIds: readonly string[] | undefined
  readonly #duplicates: IndexDuplicate[]
  #copies: Map<number, number[]> | undefined
  readonly #claims: IdTable[]
  /** the id being looked up, as bytes and as words */
  readonly #id = Buffer.alloc(32)
  readonly #words = new Int32Array(this.#id.buffer, this.#id.byteOffset, 8)

  private constructor(shared: SharedBlobIndex) {
    this.#loaded = IdTable.attach(shared.loaded)
    this.#places = new Uint32Array(shared.places)
    this.#packs = IdTable.attach(shared.packs)
    this.#packEnds = new Float64Array(shared.packEnds)
    this.#duplicates = [...shared.duplicates]
    this.#claims = shared.claims.map((table) => IdTable.attach(table))
  }

  /**
   * An empty index, to be loaded with about so many blobs and packs. It grows when there are more, which takes time, and
   * beyond `capacity` (that many blobs) also holds everything twice for a moment.
   */
  static create(blobs: number, packs = firstPacks, capacity = blobs * 1.25): BlobIndex {
    const atLeast = Math.max(1024, blobs)
    const entries = Math.ceil(Math.max(atLeast, capacity))
    const packEntries = Math.max(firstPacks, packs)
    return new BlobIndex({
      loaded: IdTable.create(entries, atLeast).shared,
      places: new SharedArrayBuffer(entries * placeWords * 4),
      packs: IdTable.create(packEntries).shared,
      packEnds: new SharedArrayBuffer(packEntries * 8),
      duplicates: [],
      claims: [],
    })
  }

  static attach(shared: SharedBlobIndex): BlobIndex {
    return new BlobIndex(shared)
  }

  /** For posting to threads; loading must have ended. */
  share(): SharedBlobIndex {
    return {
      loaded: this.#loaded.shared,
      places: this.#places.buffer,
      packs: this.#packs.shared,
      packEnds: this.#packEnds.buffer,
      duplicates: this.#duplicates,
      claims: this.#claims.map(({ shared }) => shared),
    }
  }

  /** Loaded entries, copies of the same blob included. */
  get size(): number {
    return this.#loaded.size
  }

  /** By pack number. Made at the first use: threads that need a few ids ask `packIdOf`. */
  get packIds(): readonly string[] {
    if (this.#packIds?.length !== this.#packs.size) {
      this.#packIds = Array.from({ length: this.#packs.size }, (_, pack) => this.#packs.idOf(pack))
    }
    return this.#packIds
  }

  packIdOf(pack: number): string {
    return this.#packs.idOf(pack)
  }

  /** Bytes reserved for entries and slots; pages that were never written take no memory. */
  get reservedBytes(): number {
    const tables = [this.#loaded, this.#packs, ...this.#claims]
    return tables.reduce((sum, table) => sum + table.reservedBytes, this.#places.byteLength)
  }

  // --- loading

  /** Number of the pack, for `add`. */
  addPack(packId: string): number {
    this.#id.write(packId, 0, 32, 'hex')
    if (this.#packs.free === 0) this.#growPacks(1)
    return this.#claimPack()
  }

  #claimPack(): number {
    const entry = this.#packs.claim(this.#words)
    return entry < 0 ? -1 - entry : entry
  }

  /** Adds one blob; a further copy of a known blob is kept too. Returns its entry. */
  add(pack: number, id: Uint8Array, isTree: boolean, offset: number, length: number, rawLength: number): number {
    this.#id.set(id)
    let entry = this.#loaded.append(this.#words)
    if (entry < 0) {
      this.#growBlobs(1)
      entry = this.#loaded.append(this.#words)
    }
    const at = entry * placeWords
    this.#places[at] = isTree ? pack | treeBit : pack
    this.#places[at + 1] = offset
    this.#places[at + 2] = length
    this.#places[at + 3] = rawLength
    this.#packEnds[pack] = Math.max(this.#packEnds[pack] ?? 0, offset + length)
    const first = this.#loaded.link(entry)
    if (first >= 0) this.#duplicates.push([first, entry])
    return entry
  }

  /**
   * Adds all blobs of an index file; several threads may do so at once. Returns which of them are copies, for
   * `finishLoading`, or undefined when there is no room: then one thread alone must call `makeRoom`.
   */
  addAll({ packs, ids, places, blobs }: PackedIndex): IndexDuplicate[] | undefined {
    const numbers = new Uint32Array(packs.length / 8)
    for (let pack = 0; pack < numbers.length; pack++) {
      if (this.#packs.free <= claimsAtOnce) return undefined
      this.#words.set(packs.subarray(pack * 8, pack * 8 + 8))
      numbers[pack] = this.#claimPack()
    }
    const start = this.#loaded.append(ids.subarray(0, blobs * 8))
    if (start < 0) return undefined
    for (let at = 0; at < blobs * placeWords; at += placeWords) {
      const pack = places[at] ?? 0
      places[at] = (numbers[pack & ~treeBit] ?? 0) | (pack & treeBit)
    }
    this.#places.set(places.subarray(0, blobs * placeWords), start * placeWords)
    const duplicates: IndexDuplicate[] = []
    for (let entry = start; entry < start + blobs; entry++) {
      const first = this.#loaded.link(entry)
      if (first >= 0) duplicates.push([first, entry])
    }
    return duplicates
  }

  makeRoom({ packs, blobs }: PackedIndex): void {
    this.#growPacks(packs.length / 8 + claimsAtOnce)
    this.#growBlobs(blobs)
  }

  /** Must follow the last `addAll`. */
  finishLoading(duplicates: readonly IndexDuplicate[]): void {
    for (const duplicate of duplicates) this.#duplicates.push(duplicate)
    for (let entry = 0; entry < this.size; entry++) {
      const pack = this.packOf(entry)
      const end = this.offsetOf(entry) + this.lengthOf(entry)
      if (end > (this.#packEnds[pack] ?? 0)) this.#packEnds[pack] = end
    }
  }

  #growPacks(packs: number): void {
    this.#packs = this.#packs.grown(packs)
    const ends = new Float64Array(new SharedArrayBuffer(this.#packs.capacity * 8))
    ends.set(this.#packEnds)
    this.#packEnds = ends
  }

  #growBlobs(blobs: number): void {
    this.#loaded = this.#loaded.grown(blobs)
    if (this.#loaded.capacity * placeWords === this.#places.length) return
    const places = new Uint32Array(new SharedArrayBuffer(this.#loaded.capacity * placeWords * 4))
    places.set(this.#places)
    this.#places = places
  }

  // --- looking up

  /** The loaded entry of a blob, or −1. `id` is 64 hex digits. */
  find(id: string): number {
    this.#id.write(id, 0, 32, 'hex')
    return this.#loaded.find(this.#words)
  }

  /** Whether the blob is loaded or claimed. */
  has(id: string): boolean {
    if (this.find(id) >= 0) return true
    return this.#claims.some((table) => table.find(this.#words) >= 0)
  }

  /** Where the blob lies, or undefined when it is not loaded. */
  locate(id: string): BlobPlace | undefined {
    const entry = this.find(id)
    return entry < 0 ? undefined : this.place(entry)
  }

  /** All places of a blob, for when one is damaged. */
  locateAll(id: string): BlobPlace[] {
    const entry = this.find(id)
    return entry < 0 ? [] : [entry, ...this.copiesOf(entry)].map((e) => this.place(e))
  }

  place(entry: number): BlobPlace {
    const pack = this.packOf(entry)
    return {
      packId: this.#packs.idOf(pack),
      isTree: this.isTree(entry),
      offset: this.offsetOf(entry),
      length: this.lengthOf(entry),
      rawLength: this.rawLengthOf(entry),
      packEnd: this.#packEnds[pack] ?? 0,
    }
  }

  /** Number of the pack of an entry, an index into `packIds`. */
  packOf(entry: number): number {
    return ((this.#places[entry * placeWords] ?? 0) & ~treeBit) >>> 0
  }

  isTree(entry: number): boolean {
    return (this.#places[entry * placeWords] ?? 0) >= treeBit
  }

  offsetOf(entry: number): number {
    return this.#places[entry * placeWords + 1] ?? 0
  }

  lengthOf(entry: number): number {
    return this.#places[entry * placeWords + 2] ?? 0
  }

  rawLengthOf(entry: number): number {
    return this.#places[entry * placeWords + 3] ?? 0
  }

  /** Bytes of the blob itself. */
  plainLengthOf(entry: number): number {
    return this.rawLengthOf(entry) || this.lengthOf(entry) - sealOverheadBytes
  }

  idOf(entry: number): string {
    return this.#loaded.idOf(entry)
  }

  /** Further entries of the same blob; `entry` is the one that `find` returns. */
  copiesOf(entry: number): readonly number[] {
    if (this.#copies === undefined) {
      this.#copies = new Map()
      for (const [first, copy] of this.#duplicates) {
        const list = this.#copies.get(first)
        if (list === undefined) this.#copies.set(first, [copy])
        else list.push(copy)
      }
    }
    return this.#copies.get(entry) ?? []
  }

  // --- claiming (any thread)

  /** Adds a table for new blobs; threads attach it with `attachClaims`. */
  openClaims(capacity: number): SharedIdTable {
    const table = IdTable.create(capacity)
    this.#claims.push(table)
    return table.shared
  }

  attachClaims(shared: SharedIdTable): void {
    this.#claims.push(IdTable.attach(shared))
  }

  /** Tables for new blobs. */
  get claimCount(): number {
    return this.#claims.length
  }

  /** Tables for new blobs from a position on, for a thread that does not know them yet. */
  claimsFrom(position: number): readonly SharedIdTable[] {
    return this.#claims.slice(position).map(({ shared }) => shared)
  }

  /** Free entries of the newest table for new blobs. */
  get claimsLeft(): number {
    return this.#claims.at(-1)?.free ?? 0
  }

  /** True when this call is the one that adds the blob: the caller must then store it. */
  claim(id: string): boolean {
    if (this.find(id) >= 0) return false
    const newest = this.#claims.length - 1
    for (let i = 0; i < newest; i++) if ((this.#claims[i]?.find(this.#words) ?? -1) >= 0) return false
    const table = this.#claims[newest]
    if (table === undefined) throw new Error('no table is open for claims')
    return table.claim(this.#words) >= 0
  }
}
