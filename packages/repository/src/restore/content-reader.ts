import { sealOverheadBytes } from '../format/seal-overhead.ts'
import { isAppError } from '@holdfast/core/errors/app-error'
import type { Arena } from '../engine/arena.ts'
import { type ArenaCipher, smallTextBytes } from '../engine/arena-cipher.ts'
import type { BlobIndex } from '../engine/blob-index.ts'
import type { BlobReader } from '../engine/blob-reader.ts'
import type { PackReader } from '../engine/pack-reader.ts'
import { sha256 } from '../engine/sha256.ts'
import type { Decompress } from '../engine/zstd.ts'
import { localReads, planReads, type ReadRange, remoteReads, type Want } from './content-plan.ts'

/** Small blobs that are decrypted together. */
const batchAtMost = 64

export interface ContentSink<Place> {
  /** The blob's bytes, verified, at an address of the arena that is valid during the call. */
  take(place: Place, at: number, length: number): void
  /** No copy of the blob can be read. */
  lose(place: Place, error: Error): void
}

export interface ContentReaderParts {
  readonly arena: Arena
  readonly cipher: ArenaCipher
  readonly index: BlobIndex
  readonly packs: PackReader
  /** for what cannot be read here: other copies, blobs of unusual size */
  readonly blobs: BlobReader
  readonly decompress: Decompress
  readonly window: { readonly at: number; readonly sizeBytes: number }
  readonly plain: { readonly at: number; readonly sizeBytes: number }
  /** called before every range; throws to stop */
  readonly pause: () => void
}

/** Reads many blobs in the order in which they lie in packs, whole stretches at a time. */
export class ContentReader {
  readonly #parts: ContentReaderParts

  constructor(parts: ContentReaderParts) {
    this.#parts = parts
  }

  read<Place>(wants: Want<Place>[], sink: ContentSink<Place>): void {
    const { index, packs, window, pause } = this.#parts
    const ranges = planReads(wants, index, packs.isLocal ? localReads : remoteReads)
    for (const [i, range] of ranges.entries()) {
      pause()
      if (range.length > window.sizeBytes || !this.#fetch(range, ranges[i + 1])) {
        for (const want of range.wants) this.#readAlone(want, sink)
        continue
      }
      this.#openRange(range, sink)
    }
  }

  /** False when the pack cannot be read: its blobs may still have copies elsewhere. */
  #fetch(range: ReadRange<unknown>, next: ReadRange<unknown> | undefined): boolean {
    const { packs, window, index } = this.#parts
    const [first] = range.wants
    const packEnd = first === undefined ? undefined : index.place(first.entry).packEnd
    const ahead = next !== undefined && next.length <= window.sizeBytes ? next : undefined
    try {
      packs.read(range.packId, range.offset, range.length, window.at, ahead, packEnd)
      return true
    } catch (error) {
      if (!isAppError(error) || error.code === 'INTERRUPTED') throw error
      return false
    }
  }

  #openRange<Place>(range: ReadRange<Place>, sink: ContentSink<Place>): void {
    const { index } = this.#parts
    const small: WantGroup<Place>[] = []
    for (const group of sameBlobs(range.wants)) {
      const [{ entry }] = group
      if (index.lengthOf(entry) - sealOverheadBytes > smallTextBytes) {
        this.#openLarge(range, group, sink)
        continue
      }
      small.push(group)
      if (small.length === batchAtMost) this.#openSmall(range, small.splice(0), sink)
    }
    if (small.length > 0) this.#openSmall(range, small, sink)
  }

  #openLarge<Place>(range: ReadRange<Place>, group: WantGroup<Place>, sink: ContentSink<Place>): void {
    const at = this.#addressOf(range, group[0].entry)
    // decrypted where it lies; what is damaged is read again on its own
    const opened = this.#parts.cipher.open(at, this.#parts.index.lengthOf(group[0].entry), at + 16)
    this.#deliver(group, opened ? at + 16 : -1, sink)
  }

  #openSmall<Place>(range: ReadRange<Place>, groups: readonly WantGroup<Place>[], sink: ContentSink<Place>): void {
    const { index, cipher } = this.#parts
    const ats = groups.map(([{ entry }]) => this.#addressOf(range, entry))
    const lengths = groups.map(([{ entry }]) => index.lengthOf(entry))
    const texts = ats.map((at) => at + 16)
    const tooShort = lengths.some((length) => length < sealOverheadBytes)
    const opened = !tooShort && cipher.openBatch(ats, lengths, texts) < 0
    for (const [i, group] of groups.entries()) this.#deliver(group, opened ? (texts[i] ?? -1) : -1, sink)
  }

  /** `text`: address of the decrypted blob, or −1 when it is damaged. */
  #deliver<Place>(group: WantGroup<Place>, text: number, sink: ContentSink<Place>): void {
    const { arena, index, decompress, plain } = this.#parts
    const [{ entry, id }] = group
    const rawLength = index.rawLengthOf(entry)
    const packed = index.lengthOf(entry) - sealOverheadBytes
    let at = text
    if (text >= 0 && rawLength > 0) {
      const fits = rawLength < plain.sizeBytes && decompress(text, packed, plain.at, rawLength)
      at = fits ? plain.at : -1
    }
    const length = rawLength || packed
    if (at < 0 || sha256(arena.bytes.subarray(at, at + length)) !== id) {
      for (const want of group) this.#readAlone(want, sink)
      return
    }
    for (const { place } of group) sink.take(place, at, length)
  }

  #readAlone<Place>(want: Want<Place>, sink: ContentSink<Place>): void {
    let view
    try {
      view = this.#parts.blobs.read(want.id, 0)
    } catch (error) {
      if (!isAppError(error) || error.code === 'INTERRUPTED') throw error
      sink.lose(want.place, error)
      return
    }
    sink.take(want.place, view.at, view.length)
  }

  #addressOf(range: ReadRange<unknown>, entry: number): number {
    return this.#parts.window.at + this.#parts.index.offsetOf(entry) - range.offset
  }
}

type WantGroup<Place> = [Want<Place>, ...Want<Place>[]]

/** Wants of one blob follow each other: it is decrypted once. */
function* sameBlobs<Place>(wants: readonly Want<Place>[]): Generator<WantGroup<Place>> {
  let group: WantGroup<Place> | undefined
  for (const want of wants) {
    if (group !== undefined && group[0].entry === want.entry) group.push(want)
    else {
      if (group !== undefined) yield group
      group = [want]
    }
  }
  if (group !== undefined) yield group
}
