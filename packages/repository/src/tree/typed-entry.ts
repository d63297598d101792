import type { BlobIndex } from '../engine/blob-index.ts'

/**
 * The entry that stands for a blob of one type: the first of its copies, or −1. A directory's tree and a file with just
 * that content have the same id but are two blobs, so the id alone does not name one.
 */
export function findTypedEntry(index: BlobIndex, id: string, isTree: boolean): number {
  const first = index.find(id)
  return first < 0 ? -1 : typedCopy(index, first, isTree)
}

/** The entry that stands for the blob of which `entry` is any copy. */
export function representativeEntry(index: BlobIndex, entry: number): number {
  return findTypedEntry(index, index.idOf(entry), index.isTree(entry))
}

function typedCopy(index: BlobIndex, first: number, isTree: boolean): number {
  if (index.isTree(first) === isTree) return first
  return index.copiesOf(first).find((copy) => index.isTree(copy) === isTree) ?? -1
}
