import type { PackedBlob } from '../format/packed-blob.ts'

/** A complete pack that a worker has prepared in the spool directory. */
export interface FinishedPack {
  readonly path: string
  readonly sizeBytes: number
  /** SHA-256 of the file, its name in the repository */
  readonly id: string
  readonly isTree: boolean
  readonly blobs: readonly PackedBlob[]
  /** bytes before the header: the sealed blobs */
  readonly blobBytes: number
}
