import type { BlobIndex } from '../engine/blob-index.ts'

/** A blob that is to be written to a place. */
export interface Want<Place> {
  /** of the index */
  readonly entry: number
  readonly id: string
  readonly place: Place
}

/** A stretch of a pack that is read in one go, with what is wanted of it in order of offset. */
export interface ReadRange<Place> {
  readonly packId: string
  readonly offset: number
  readonly length: number
  readonly wants: readonly Want<Place>[]
}

export interface ReadLimits {
  /** a larger gap between wanted blobs is not read */
  readonly gapBytes: number
  /** of one range; a larger blob is a range of its own */
  readonly rangeBytes: number
}

/** Short ranges stay in the processor's cache; a local disk reads ahead by itself. A network is asked for more at once, but is billed for gaps. */
export const localReads: ReadLimits = { gapBytes: 256 << 10, rangeBytes: 1 << 20 }
/** The same where blobs are hashed several at a time. */
export const gatheringReads: ReadLimits = { ...localReads, rangeBytes: 4 << 20 }
export const remoteReads: ReadLimits = { gapBytes: 128 << 10, rangeBytes: 8 << 20 }

/** Orders wants so that every pack is read from front to back, and joins neighbours. Sorts `wants` in place. */
export function planReads<Place>(wants: Want<Place>[], index: BlobIndex, limits: ReadLimits): ReadRange<Place>[] {
  wants.sort(
    (a, b) => index.packOf(a.entry) - index.packOf(b.entry) || index.offsetOf(a.entry) - index.offsetOf(b.entry),
  )
  const ranges: ReadRange<Place>[] = []
  let first = 0
  while (first < wants.length) {
    const { end, last } = extendRange(wants, first, index, limits)
    const offset = index.offsetOf(wants[first]?.entry ?? 0)
    const pack = index.packOf(wants[first]?.entry ?? 0)
    ranges.push({ packId: index.packIdOf(pack), offset, length: end - offset, wants: wants.slice(first, last) })
    first = last
  }
  return ranges
}

function extendRange<Place>(
  wants: readonly Want<Place>[],
  first: number,
  index: BlobIndex,
  limits: ReadLimits,
): { end: number; last: number } {
  const entry = wants[first]?.entry ?? 0
  const [pack, start] = [index.packOf(entry), index.offsetOf(entry)]
  let end = start + index.lengthOf(entry)
  let last = first + 1
  for (; last < wants.length; last++) {
    const next = wants[last]?.entry ?? 0
    const nextStart = index.offsetOf(next)
    const nextEnd = nextStart + index.lengthOf(next)
    if (index.packOf(next) !== pack || nextStart - end > limits.gapBytes) break
    if (Math.max(end, nextEnd) - start > limits.rangeBytes) break
    end = Math.max(end, nextEnd)
  }
  return { end, last }
}
