import type { BlobIndex } from '../engine/blob-index.ts'
import { expectedPackBytes, packHeaderEntryBytes } from '../format/pack-header.ts'
import type { PackedBlob } from '../format/packed-blob.ts'

/** What is posted to worker threads. */
export interface SharedPackEntries {
  /** Uint32: index entries, pack after pack, by offset */
  readonly entries: SharedArrayBuffer
  /** Uint32: where each pack's entries begin, and one more */
  readonly starts: SharedArrayBuffer
}

/** What the index implies about a pack, or why its blobs cannot lie in it as the index says. */
export type PackSummary = { readonly sizeBytes: number; readonly isMixed: boolean } | { readonly fault: string }

/** Which index entries lie in which pack; the index itself only knows the other direction. 4 bytes an entry. */
export class PackEntries {
  readonly shared: SharedPackEntries
  readonly #index: BlobIndex
  readonly #entries: Uint32Array
  readonly #starts: Uint32Array

  private constructor(index: BlobIndex, shared: SharedPackEntries) {
    this.#index = index
    this.shared = shared
    this.#entries = new Uint32Array(shared.entries)
    this.#starts = new Uint32Array(shared.starts)
  }

  static attach(index: BlobIndex, shared: SharedPackEntries): PackEntries {
    return new PackEntries(index, shared)
  }

  static create(index: BlobIndex): PackEntries {
    const packs = index.packIds.length
    const starts = new SharedArrayBuffer((packs + 1) * 4)
    const created = new PackEntries(index, { entries: new SharedArrayBuffer(index.size * 4), starts })
    created.#fill()
    return created
  }

  /** a counting sort by pack, then by offset within each, which is nearly always so already */
  #fill(): void {
    const [index, entries, starts] = [this.#index, this.#entries, this.#starts]
    for (let entry = 0; entry < index.size; entry++) {
      const next = index.packOf(entry) + 1
      starts[next] = (starts[next] ?? 0) + 1
    }
    for (let pack = 1; pack < starts.length; pack++) starts[pack] = (starts[pack] ?? 0) + (starts[pack - 1] ?? 0)
    const free = starts.slice()
    for (let entry = 0; entry < index.size; entry++) {
      const pack = index.packOf(entry)
      const at = free[pack] ?? 0
      entries[at] = entry
      free[pack] = at + 1
    }
    for (let pack = 0; pack + 1 < starts.length; pack++) {
      const own = this.#own(pack)
      if (!this.#isSorted(own)) own.sort((a, b) => index.offsetOf(a) - index.offsetOf(b))
    }
  }

  #own(pack: number): Uint32Array {
    return this.#entries.subarray(this.#starts[pack], this.#starts[pack + 1])
  }

  #isSorted(entries: Uint32Array): boolean {
    let last = -1
    for (const entry of entries) {
      const offset = this.#index.offsetOf(entry)
      if (offset < last) return false
      last = offset
    }
    return true
  }

  /** What follows from the index about a pack as a whole; unlike `blobsOf`, without an object for each blob. */
  summarize(pack: number): PackSummary {
    const index = this.#index
    let sizeBytes = expectedPackBytes([])
    let end = 0
    let blobs = 0
    let trees = 0
    let previous = -1
    for (const entry of this.#own(pack)) {
      if (previous >= 0 && this.#isCopy(previous, entry)) continue
      previous = entry
      const [offset, length] = [index.offsetOf(entry), index.lengthOf(entry)]
      if (offset !== end) return { fault: describeGap(index.idOf(entry), offset, end) }
      end += length
      sizeBytes += length + packHeaderEntryBytes(index.rawLengthOf(entry))
      blobs++
      if (index.isTree(entry)) trees++
    }
    return { sizeBytes, isMixed: trees > 0 && trees < blobs }
  }

  /** Whether two entries are the same line of two index files. */
  #isCopy(a: number, b: number): boolean {
    const index = this.#index
    if (index.offsetOf(a) !== index.offsetOf(b) || index.lengthOf(a) !== index.lengthOf(b)) return false
    if (index.isTree(a) !== index.isTree(b) || index.rawLengthOf(a) !== index.rawLengthOf(b)) return false
    return index.idOf(a) === index.idOf(b)
  }

  /** How many blobs the index places in a pack, copies included. */
  countOf(pack: number): number {
    return this.#own(pack).length
  }

  /** The blobs that the index says a pack holds, by offset; each once, also when several index files name the pack. */
  blobsOf(pack: number): PackedBlob[] {
    const index = this.#index
    const blobs: PackedBlob[] = []
    let previous = -1
    for (const entry of this.#own(pack)) {
      if (previous >= 0 && this.#isCopy(previous, entry)) continue
      previous = entry
      blobs.push({
        id: index.idOf(entry),
        type: index.isTree(entry) ? 'tree' : 'data',
        offset: index.offsetOf(entry),
        length: index.lengthOf(entry),
        rawLength: index.rawLengthOf(entry),
      })
    }
    return blobs
  }
}

/** Whether two lists of a pack's content name the same blob; offsets follow from the lengths before. */
export function describesSame(a: PackedBlob, b: PackedBlob): boolean {
  return a.id === b.id && a.type === b.type && a.length === b.length && a.rawLength === b.rawLength
}

/** Why blobs cannot lie in a pack as the index says, or undefined: they follow each other from its start without gaps. */
export function layoutFault(blobs: readonly PackedBlob[]): string | undefined {
  let end = 0
  for (const { id, offset, length } of blobs) {
    if (offset !== end) return describeGap(id, offset, end)
    end += length
  }
  return undefined
}

function describeGap(id: string, offset: number, end: number): string {
  return `the index places blob ${id.slice(0, 8)} at ${offset}, where ${end} was expected`
}
