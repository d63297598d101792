import { zstdDecompressSync } from 'node:zlib'
import type { BlobPlace } from '../engine/blob-index.ts'
import { sha256 } from '../engine/sha256.ts'
import { tryOpen } from '../format/crypto.ts'
import type { MasterKey } from '../format/master-key.ts'

/** No tree or chunk that anyone can use is larger; a length beyond it is not worth the attempt to allocate it. */
const maxPlainBytes = 1 << 30

/** A blob's content, or in words why the bytes in the pack are not that blob. */
export type OpenedBlob = { readonly content: Buffer } | { readonly reason: string }

/** Opens, decompresses (to exactly the length the index names, never more) and re-hashes a blob's sealed bytes. */
export function openBlob(key: MasterKey, id: string, place: BlobPlace, sealed: Uint8Array): OpenedBlob {
  const where = `pack ${place.packId} at ${place.offset}`
  const text = tryOpen(key, sealed)
  if (text === undefined) return { reason: `${where}: wrong message authentication code` }
  const content = place.rawLength === 0 ? text : expand(text, place.rawLength)
  if (content === undefined) return { reason: `${where}: it does not decompress to ${place.rawLength} bytes` }
  if (sha256(content) !== id) return { reason: `${where}: wrong content` }
  return { content }
}

function expand(text: Buffer, rawLength: number): Buffer | undefined {
  if (rawLength > maxPlainBytes) return undefined
  try {
    const raw = zstdDecompressSync(text, { maxOutputLength: rawLength, chunkSize: Math.max(64, rawLength) })
    return raw.length === rawLength ? raw : undefined
  } catch {
    // zlib has no error type of its own; whatever it dislikes is damage of this blob
    return undefined
  }
}
