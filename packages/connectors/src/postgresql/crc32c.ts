import { crc32cTable } from './crc32c-table.ts'
import { Crc32cFolding, foldedBytes, mostFoldedBytes } from './crc32c-folding.ts'

/** Below this, folding costs more than it saves. */
const worthFolding = 2 * foldedBytes

/** One per thread, made at first use. */
let folding: Crc32cFolding | undefined

/**
 * CRC-32C (Castagnoli), as PostgreSQL uses it for WAL records, pg_control and backup manifests. Source: RFC 3720, appendix
 * B.4. `previous`: the result for the bytes before, to go on from. Unsigned.
 */
export function crc32c(bytes: Uint8Array, previous = 0): number {
  let crc = ~previous
  let at = 0
  while (bytes.length - at >= worthFolding) {
    folding ??= new Crc32cFolding()
    const left = bytes.length - at
    const part = bytes.subarray(at, at + Math.min(left - (left % foldedBytes), mostFoldedBytes))
    crc = append(folding.fold(part, crc), 0)
    at += part.length
  }
  return ~append(bytes.subarray(at), crc) >>> 0
}

function append(bytes: Uint8Array, start: number): number {
  let crc = start
  for (const byte of bytes) crc = (crc32cTable[(crc ^ byte) & 255] ?? 0) ^ (crc >>> 8)
  return crc
}
