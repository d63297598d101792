import { hash } from 'node:crypto'
import { encodePackHeader } from '../format/pack-header.ts'
import type { PackedBlob } from '../format/packed-blob.ts'

/**
 * SHA-256 over everything that a pack's header says: ids, kinds and sizes of its blobs in their order, from which the
 * places follow. An index and a pack agree when both have the same.
 */
export function packLayoutDigest(blobs: readonly PackedBlob[]): string {
  return hash('sha256', encodePackHeader(blobs), 'hex')
}

/** Whether the blobs lie one after the other from the pack's first byte, as those of every header do. */
export function isSeamless(blobs: readonly PackedBlob[]): boolean {
  let offset = 0
  for (const blob of blobs) {
    if (blob.offset !== offset) return false
    offset += blob.length
  }
  return true
}
