import type { SharedBlobIndex } from '../engine/blob-index.ts'
import type { FinishedPack } from '../engine/finished-pack.ts'
import type { MasterKey } from '../format/master-key.ts'

/** In which form blobs are stored at the destination. */
export interface TransferEncoding {
  readonly version: 1 | 2
  /** zstd level of data that is not compressed yet; undefined leaves it as it is */
  readonly dataLevel: number | undefined
  /** Compressed blobs stay as they are; otherwise they are compressed anew at `dataLevel`. */
  readonly keepFrames: boolean
  /** Data that does not shrink is stored compressed all the same, so that a second run finds nothing to compress. */
  readonly always: boolean
}

/** What a thread that moves blobs between packs is started with. */
export interface TransferSetup {
  /** distinguishes the spool files of this process */
  readonly label: string
  readonly sourceKey: MasterKey
  readonly index: SharedBlobIndex
  /** root of a source on a local disk */
  readonly readableRoot: string | undefined
  readonly targetKey: MasterKey
  /** Both sides have one key, so that sealed blobs can be moved as they are. */
  readonly sameKey: boolean
  readonly encoding: TransferEncoding
  readonly spoolDirectory: string
  readonly packBytes: number
  /** No blob is larger, sealed or plain; larger ones are moved by the main thread. */
  readonly maxBlobBytes: number
}

export type TransferJob =
  /** entries of the source's index, in the order in which they lie in their packs */
  { readonly type: 'blobs'; readonly entries: Uint32Array } | { readonly type: 'flush' }

/** A blob of which no copy could be read. */
export interface FailedBlob {
  /** in the source's index */
  readonly entry: number
  readonly reason: string
}

export interface TransferResult {
  readonly failed: readonly FailedBlob[]
}

export interface TransferNote {
  readonly pack: FinishedPack
  /** begun only: to be joined with those of other threads */
  readonly partial: boolean
}
