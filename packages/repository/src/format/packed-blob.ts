/** Where a blob lies in a pack. */
export interface PackedBlob {
  /** SHA-256 of the plain, uncompressed content, 64 hex digits */
  readonly id: string
  readonly type: 'data' | 'tree'
  /** bytes from the start of the pack */
  readonly offset: number
  /** bytes in the pack, sealed: 32 more than the (compressed) content */
  readonly length: number
  /** bytes of the content when it is compressed, 0 when it is not */
  readonly rawLength: number
}
