import type { MasterKey } from '../format/master-key.ts'
import type { BlobIndex, IndexDuplicate, SharedBlobIndex } from './blob-index.ts'
import { type PackedIndex, releasePacked } from './packed-index.ts'

/** What threads that load index files are started with. */
export interface LoadIndexSetup {
  readonly key: MasterKey
  readonly index: SharedBlobIndex
}

/** One index file as it is stored. */
export interface LoadIndexJob {
  readonly name: string
  readonly bytes: Uint8Array
}

export type LoadIndexResult =
  | { readonly type: 'added'; readonly duplicates: readonly IndexDuplicate[] }
  /** the index must grow before the blobs can be added */
  | { readonly type: 'no-room'; readonly packed: PackedIndex }
  /** the bytes are not those of the file's name */
  | { readonly type: 'altered' }

/** Adds an index file's blobs where there is room, and then frees the memory of its packed form. */
export function addPacked(index: BlobIndex, packed: PackedIndex): LoadIndexResult {
  const duplicates = index.addAll(packed)
  if (duplicates === undefined) return { type: 'no-room', packed }
  releasePacked(packed)
  return { type: 'added', duplicates }
}
