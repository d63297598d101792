import { sealOverheadBytes } from '../format/seal-overhead.ts'
import { isAppError } from '@holdfast/core/errors/app-error'
import { type ArenaCipher, isSmall } from '../engine/arena-cipher.ts'
import type { BlobReader } from '../engine/blob-reader.ts'
import type { BlobIndex } from '../engine/blob-index.ts'
import { openedAt, type OpenedBlob, OpenedBlobs, type OpenedBlobsParts } from '../engine/opened-blobs.ts'
import type { PackReader } from '../engine/pack-reader.ts'
import { gatheringReads, localReads, planReads, type ReadRange, remoteReads, type Want } from './content-plan.ts'

/** Small blobs that are decrypted together. */
const batchAtMost = 64

export interface ContentSink<Place> {
  /** The blob's bytes, verified, at an address of the arena that is valid during the call. */
  take(place: Place, at: number, length: number): void
  /** No copy of the blob can be read. */
  lose(place: Place, error: Error): void
}

export interface ContentReaderParts extends OpenedBlobsParts {
  readonly index: BlobIndex
  readonly cipher: ArenaCipher
  readonly packs: PackReader
  /** for what cannot be read here: other copies, blobs of unusual size */
  readonly blobs: BlobReader
  readonly window: { readonly at: number; readonly sizeBytes: number }
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
    const { index, packs, window, pause, hasher } = this.#parts
    const near = hasher.gatherBytes > 0 ? gatheringReads : localReads
    const ranges = planReads(wants, index, packs.isLocal ? near : remoteReads)
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
    const damaged: WantGroup<Place>[] = []
    const opened = new OpenedBlobs<WantGroup<Place>>(this.#parts, {
      sound(group, at, length) {
        for (const { place } of group) sink.take(place, at, length)
      },
      wrong: (group) => damaged.push(group),
    })
    const small: WantGroup<Place>[] = []
    for (const group of sameBlobs(range.wants)) {
      const [{ entry }] = group
      if (isSmall(index.lengthOf(entry))) small.push(group)
      else if (!this.#openLarge(range, group, opened)) damaged.push(group)
      if (small.length === batchAtMost) damaged.push(...this.#openSmall(range, small.splice(0), opened))
    }
    damaged.push(...this.#openSmall(range, small, opened))
    opened.deliver()
    // last, because it takes the room of what was opened
    for (const group of damaged) for (const want of group) this.#readAlone(want, sink)
  }

  /** Decrypts a blob where it lies; false when it is damaged. */
  #openLarge<Place>(range: ReadRange<Place>, group: WantGroup<Place>, opened: OpenedBlobs<WantGroup<Place>>): boolean {
    const { cipher, index } = this.#parts
    const at = this.#addressOf(range, group[0].entry)
    if (!cipher.open(at, index.lengthOf(group[0].entry), at + 16)) return false
    opened.add(group, this.#openedAt(group, at + 16))
    return true
  }

  /** The same for many small ones; returns all of them when any is damaged. */
  #openSmall<Place>(
    range: ReadRange<Place>,
    groups: readonly WantGroup<Place>[],
    opened: OpenedBlobs<WantGroup<Place>>,
  ): readonly WantGroup<Place>[] {
    const { index, cipher } = this.#parts
    const ats = groups.map(([{ entry }]) => this.#addressOf(range, entry))
    const lengths = groups.map(([{ entry }]) => index.lengthOf(entry))
    const texts = ats.map((at) => at + 16)
    const tooShort = lengths.some((length) => length < sealOverheadBytes)
    if (tooShort || cipher.openBatch(ats, lengths, texts) >= 0) return groups
    for (const [i, group] of groups.entries()) opened.add(group, this.#openedAt(group, texts[i] ?? 0))
    return []
  }

  #openedAt([{ id, entry }]: WantGroup<unknown>, text: number): OpenedBlob {
    const { index } = this.#parts
    return openedAt({ id, length: index.lengthOf(entry), rawLength: index.rawLengthOf(entry) }, text)
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

/** Wants of one blob. */
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
