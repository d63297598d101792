import type { BlobIndex } from '../engine/blob-index.ts'

/** A piece of a pack that is read at once, and the entries in it that are wanted. */
export interface PlannedRead {
  readonly pack: number
  readonly offset: number
  readonly length: number
  readonly entries: readonly number[]
}

/**
 * Groups entries into pieces of at most `windowBytes` (a larger blob stands alone); unwanted bytes up to `gapBytes`
 * between two blobs are read along.
 */
export function planReads(
  index: BlobIndex,
  entries: Uint32Array,
  windowBytes: number,
  gapBytes: number,
): PlannedRead[] {
  const order = entries.toSorted((a, b) => index.packOf(a) - index.packOf(b) || index.offsetOf(a) - index.offsetOf(b))
  const reads: PlannedRead[] = []
  let current: { pack: number; offset: number; end: number; entries: number[] } | undefined
  const close = (): void => {
    if (current === undefined) return
    const { pack, offset, end, entries: wanted } = current
    reads.push({ pack, offset, length: end - offset, entries: wanted })
  }
  for (const entry of order) {
    const [pack, offset] = [index.packOf(entry), index.offsetOf(entry)]
    const end = offset + index.lengthOf(entry)
    const fits =
      current !== undefined &&
      current.pack === pack &&
      offset - current.end <= gapBytes &&
      Math.max(end, current.end) - current.offset <= windowBytes
    if (fits && current !== undefined) {
      current.end = Math.max(end, current.end)
      current.entries.push(entry)
      continue
    }
    close()
    current = { pack, offset, end, entries: [entry] }
  }
  close()
  return reads
}
