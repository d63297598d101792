import { sealOverheadBytes } from '../format/seal-overhead.ts'

/**
 * Where every blob lies, in memory that all threads share. An entry costs 48 bytes (id 32, pack 4, offset 4, length 4,
 * raw length 4) and its hash slots 4 bytes each, 35 to 70 % full: 54–60 bytes a blob.
 *
 * The first segment holds what was loaded. While a backup runs, threads claim new ids in further segments with atomic
 * operations; a fresh segment is added when the newest fills up. Two threads that use different segments for a moment may
 * both claim one id: then it is stored twice, which the format allows.
 */
export interface IndexSegment {
  readonly capacity: number
  /** Int32 slots: 0 empty, −1 being written, otherwise entry + 1 */
  readonly slots: SharedArrayBuffer
  readonly ids: SharedArrayBuffer
  /** Uint32 × 4 an entry: pack number (highest bit: tree), offset, length, raw length (0: stored uncompressed) */
  readonly places: SharedArrayBuffer
  /** Int32: entries in use */
  readonly counter: SharedArrayBuffer
}

/** What is posted to a worker thread. */
export interface SharedBlobIndex {
  readonly segments: readonly IndexSegment[]
  readonly packIds: readonly string[]
  /** by pack number: where its last known blob ends */
  readonly packEnds: readonly number[]
  readonly duplicates: readonly (readonly [entry: number, copy: number])[]
}

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
/** Share of the slots that may be taken: beyond it look-ups become slow. */
const fullestSlots = 0.7

interface Segment {
  readonly shared: IndexSegment
  readonly capacity: number
  readonly slots: Int32Array
  readonly mask: number
  readonly ids: Int32Array
  readonly places: Uint32Array
  readonly counter: Int32Array
}

function attachSegment(shared: IndexSegment): Segment {
  const slots = new Int32Array(shared.slots)
  return {
    shared,
    capacity: shared.capacity,
    slots,
    mask: slots.length - 1,
    ids: new Int32Array(shared.ids),
    places: new Uint32Array(shared.places),
    counter: new Int32Array(shared.counter),
  }
}

/** Entries are paged in as they are written, slots at once: so `capacity` may be generous, `expected` should be near. */
function createSegment(capacity: number, expected = capacity): Segment {
  return attachSegment({
    capacity,
    slots: createSlots(expected),
    ids: new SharedArrayBuffer(capacity * 32),
    places: new SharedArrayBuffer(capacity * 16),
    counter: new SharedArrayBuffer(4),
  })
}

/** Hash slots for so many entries, a power of two. */
function createSlots(entries: number): SharedArrayBuffer {
  let slots = 1024
  while (slots * fullestSlots < entries) slots *= 2
  return new SharedArrayBuffer(slots * 4)
}

function sameId(ids: Int32Array, at: number, id: Int32Array): boolean {
  for (let i = 0; i < 8; i++) if (ids[at + i] !== id[i]) return false
  return true
}

export class BlobIndex {
  #segments: Segment[]
  readonly #packIds: string[]
  readonly #packEnds: number[]
  readonly #packNumbers = new Map<string, number>()
  readonly #duplicates: (readonly [number, number])[]
  #copies: Map<number, number[]> | undefined
  /** the id being looked up, as bytes and as words */
  readonly #id = Buffer.alloc(32)
  readonly #words = new Int32Array(this.#id.buffer, this.#id.byteOffset, 8)

  private constructor(segments: Segment[], from?: SharedBlobIndex) {
    this.#segments = segments
    this.#packIds = [...(from?.packIds ?? [])]
    this.#packEnds = [...(from?.packEnds ?? [])]
    this.#duplicates = [...(from?.duplicates ?? [])]
  }

  /** An empty index, to be loaded with about `expected` blobs; it grows when there are more. */
  static create(expected: number): BlobIndex {
    const atLeast = Math.max(1024, expected)
    return new BlobIndex([createSegment(Math.ceil(atLeast * 1.25), atLeast)])
  }

  static attach(shared: SharedBlobIndex): BlobIndex {
    return new BlobIndex(shared.segments.map(attachSegment), shared)
  }

  /** For posting to threads; loading must have ended. */
  share(): SharedBlobIndex {
    const segments = this.#segments.map((s) => s.shared)
    return { segments, packIds: this.#packIds, packEnds: this.#packEnds, duplicates: this.#duplicates }
  }

  /** Loaded entries, copies of the same blob included. */
  get size(): number {
    return this.#loaded.counter[0] ?? 0
  }

  get packIds(): readonly string[] {
    return this.#packIds
  }

  /** Bytes reserved for entries and slots; pages that were never written take no memory. */
  get reservedBytes(): number {
    let sum = 0
    for (const { shared } of this.#segments) {
      sum += shared.slots.byteLength + shared.ids.byteLength + shared.places.byteLength
    }
    return sum
  }

  // --- loading (one thread, before share)

  /** Number of the pack, for `add`. */
  addPack(packId: string): number {
    const known = this.#packNumbers.get(packId)
    if (known !== undefined) return known
    const number = this.#packIds.push(packId) - 1
    this.#packNumbers.set(packId, number)
    this.#packEnds.push(0)
    return number
  }

  /** Adds one blob; a further copy of a known blob is kept too. Returns its entry. */
  add(pack: number, id: Uint8Array, isTree: boolean, offset: number, length: number, rawLength: number): number {
    this.#id.set(id)
    let segment = this.#loaded
    if (this.size === segment.capacity) segment = this.#resize(Math.ceil(segment.capacity * 1.6))
    else if (this.size >= segment.slots.length * fullestSlots) segment = this.#resize(segment.capacity)
    const slot = this.#findSlot(segment)
    const entry = this.size
    segment.counter[0] = entry + 1
    segment.ids.set(this.#words, entry * 8)
    segment.places[entry * 4] = isTree ? (pack | treeBit) >>> 0 : pack
    segment.places[entry * 4 + 1] = offset
    segment.places[entry * 4 + 2] = length
    segment.places[entry * 4 + 3] = rawLength
    if (offset + length > (this.#packEnds[pack] ?? 0)) this.#packEnds[pack] = offset + length
    const occupant = segment.slots[slot] ?? 0
    if (occupant === 0) segment.slots[slot] = entry + 1
    else this.#duplicates.push([occupant - 1, entry])
    return entry
  }

  /** Gives the loaded entries more room, or only more slots when the capacity stays. */
  #resize(capacity: number): Segment {
    const old = this.#loaded
    const count = old.counter[0] ?? 0
    const slots = createSlots(Math.max(count * 1.5, old.slots.length))
    let { ids, places } = old.shared
    if (capacity !== old.capacity) {
      ids = new SharedArrayBuffer(capacity * 32)
      places = new SharedArrayBuffer(capacity * 16)
      new Int32Array(ids).set(old.ids)
      new Uint32Array(places).set(old.places)
    }
    const resized = attachSegment({ capacity, slots, ids, places, counter: old.shared.counter })
    const copies = new Set(this.#duplicates.map(([, copy]) => copy))
    for (let entry = 0; entry < count; entry++) {
      if (copies.has(entry)) continue
      let slot = (resized.ids[entry * 8] ?? 0) & resized.mask
      while (resized.slots[slot] !== 0) slot = (slot + 1) & resized.mask
      resized.slots[slot] = entry + 1
    }
    this.#segments = [resized]
    return resized
  }

  // --- looking up

  /** The loaded entry of a blob, or −1. `id` is 64 hex digits. */
  find(id: string): number {
    this.#id.write(id, 0, 32, 'hex')
    return (this.#loaded.slots[this.#findSlot(this.#loaded)] ?? 0) - 1
  }

  /** Whether the blob is loaded or claimed. */
  has(id: string): boolean {
    this.#id.write(id, 0, 32, 'hex')
    return this.#segments.some((segment) => Atomics.load(segment.slots, this.#findSlot(segment)) !== 0)
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
      packId: this.#packIds[pack] ?? '',
      isTree: this.isTree(entry),
      offset: this.offsetOf(entry),
      length: this.lengthOf(entry),
      rawLength: this.rawLengthOf(entry),
      packEnd: this.#packEnds[pack] ?? 0,
    }
  }

  /** Number of the pack of an entry, an index into `packIds`. */
  packOf(entry: number): number {
    return ((this.#loaded.places[entry * 4] ?? 0) & ~treeBit) >>> 0
  }

  isTree(entry: number): boolean {
    return (this.#loaded.places[entry * 4] ?? 0) >= treeBit
  }

  offsetOf(entry: number): number {
    return this.#loaded.places[entry * 4 + 1] ?? 0
  }

  lengthOf(entry: number): number {
    return this.#loaded.places[entry * 4 + 2] ?? 0
  }

  rawLengthOf(entry: number): number {
    return this.#loaded.places[entry * 4 + 3] ?? 0
  }

  /** Bytes of the blob itself. */
  plainLengthOf(entry: number): number {
    return this.rawLengthOf(entry) || this.lengthOf(entry) - sealOverheadBytes
  }

  idOf(entry: number): string {
    const words = this.#loaded.ids.subarray(entry * 8, entry * 8 + 8)
    return Buffer.from(Int32Array.from(words).buffer).toString('hex')
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

  /** Adds a segment for new blobs; threads attach it with `attachClaims`. */
  openClaims(capacity: number): IndexSegment {
    const segment = createSegment(capacity)
    this.#segments.push(segment)
    return segment.shared
  }

  attachClaims(shared: IndexSegment): void {
    this.#segments.push(attachSegment(shared))
  }

  get segmentCount(): number {
    return this.#segments.length
  }

  /** Segments from a position on, for a thread that does not know them yet. */
  segmentsFrom(position: number): readonly IndexSegment[] {
    return this.#segments.slice(position).map(({ shared }) => shared)
  }

  /** Free entries of the newest claim segment. */
  get claimsLeft(): number {
    const newest = this.#segments.at(-1)
    return newest === undefined || newest === this.#loaded ? 0 : newest.capacity - Atomics.load(newest.counter, 0)
  }

  /** True when this call is the one that adds the blob: the caller must then store it. */
  claim(id: string): boolean {
    this.#id.write(id, 0, 32, 'hex')
    const newest = this.#segments.length - 1
    for (let i = 0; i < newest; i++) {
      const segment = this.#segments[i]
      if (segment !== undefined && Atomics.load(segment.slots, this.#findSlot(segment)) !== 0) return false
    }
    const segment = this.#segments[newest]
    if (segment === undefined || newest === 0) throw new Error('no segment is open for claims')
    return this.#claimIn(segment)
  }

  #claimIn(segment: Segment): boolean {
    const { slots, ids, mask } = segment
    let slot = (this.#words[0] ?? 0) & mask
    for (;;) {
      let value = Atomics.load(slots, slot)
      if (value === 0) {
        value = Atomics.compareExchange(slots, slot, 0, -1)
        if (value === 0) {
          const entry = Atomics.add(segment.counter, 0, 1)
          if (entry >= segment.capacity) throw new Error('the segment for new blobs is full')
          ids.set(this.#words, entry * 8)
          Atomics.store(slots, slot, entry + 1)
          return true
        }
      }
      while (value === -1) value = Atomics.load(slots, slot)
      if (sameId(ids, (value - 1) * 8, this.#words)) return false
      slot = (slot + 1) & mask
    }
  }

  get #loaded(): Segment {
    const [segment] = this.#segments
    if (segment === undefined) throw new Error('an index has at least one segment')
    return segment
  }

  /** The slot that holds the id, or the empty one where it would go. */
  #findSlot({ slots, ids, mask }: Segment): number {
    const words = this.#words
    const first = words[0] ?? 0
    let slot = first & mask
    for (;;) {
      let value = slots[slot] ?? 0
      if (value === 0) return slot
      while (value === -1) value = Atomics.load(slots, slot)
      const at = (value - 1) * 8
      if (ids[at] === first && sameId(ids, at, words)) return slot
      slot = (slot + 1) & mask
    }
  }
}
