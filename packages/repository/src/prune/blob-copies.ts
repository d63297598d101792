import type { BlobIndex } from '../engine/blob-index.ts'
import { EntryBitmap } from '../tree/entry-bitmap.ts'

/** The index entries of blobs that are there more than once. */
export interface BlobCopies {
  /** Entries that name the very same place as another one, because two index files name the pack: they do not count. */
  readonly echoes: EntryBitmap
  readonly echoCount: number
  /** Entries in one of the groups. */
  readonly grouped: EntryBitmap
  /** Two or more places of one blob; the first entry is the one that stands for the blob (`findTypedEntry`). */
  readonly groups: readonly (readonly number[])[]
}

export function findBlobCopies(index: BlobIndex): BlobCopies {
  const byFirst = new Map<number, number[]>()
  for (const [first, copy] of index.share().duplicates) {
    const members = byFirst.get(first)
    if (members === undefined) byFirst.set(first, [first, copy])
    else members.push(copy)
  }
  const echoes = EntryBitmap.create(index.size)
  const grouped = EntryBitmap.create(index.size)
  const groups: number[][] = []
  let echoCount = 0
  for (const members of byFirst.values()) {
    for (const isTree of [false, true]) {
      const places = new Set<string>()
      const distinct: number[] = []
      for (const entry of members) {
        if (index.isTree(entry) !== isTree) continue
        const place = `${index.packOf(entry)}:${index.offsetOf(entry)}`
        if (places.has(place)) {
          echoes.add(entry)
          echoCount++
        } else {
          places.add(place)
          distinct.push(entry)
        }
      }
      if (distinct.length < 2) continue
      groups.push(distinct)
      for (const entry of distinct) grouped.add(entry)
    }
  }
  return { echoes, echoCount, grouped, groups }
}
