import type { MasterKey } from '../format/master-key.ts'
import type { SharedBlobIndex } from '../engine/blob-index.ts'
import type { TreeProblem } from './inspect-tree.ts'

/** What a thread that reads trees is started with. */
export interface VisitSetup {
  readonly key: MasterKey
  readonly index: SharedBlobIndex
  /** the EntryBitmap of blobs seen so far */
  readonly seen: SharedArrayBuffer
  /** root of a repository on a local disk */
  readonly readableRoot?: string
  /** sealed and plain sizes of the largest tree */
  readonly maxSealedBytes: number
  readonly maxPlainBytes: number
}

/** Index entries of trees to read, in the order in which they lie in their packs. */
export interface VisitJob {
  readonly trees: Uint32Array
}

export interface VisitResult {
  /** entries of directories in them that no thread had seen before */
  readonly found: Uint32Array
  readonly problems: readonly TreeProblem[]
}
