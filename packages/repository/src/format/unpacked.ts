import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { AppError } from '@holdfast/core/errors/app-error'
import { zstdContentSize } from './zstd-frame.ts'

const compressedMark = 2
const openBrace = 0x7b
const openBracket = 0x5b
const defaultMaxBytes = 256 << 20

/** The plaintext of an index, snapshot or lock file: plain JSON in version 1, a mark and zstd in version 2. */
export function encodeUnpacked(json: Uint8Array, version: 1 | 2): Buffer {
  if (version === 1) return Buffer.from(json)
  return Buffer.concat([Uint8Array.of(compressedMark), zstdCompressSync(json)])
}

/**
 * The JSON in an unpacked file. Plain JSON is accepted in version 2 as well, where files from before a migration remain.
 * @throws AppError REPOSITORY_DAMAGED, also when it would expand to more than `maxBytes`
 */
export function decodeUnpacked(bytes: Uint8Array, objectName: string, maxBytes = defaultMaxBytes): Buffer {
  const damaged = (reason: string, cause?: unknown): AppError =>
    new AppError('REPOSITORY_DAMAGED', { object: objectName, reason }, { cause })
  const first = bytes[0]
  if (first === openBrace || first === openBracket) {
    if (bytes.length > maxBytes) throw damaged(`it holds more than ${maxBytes} bytes`)
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  }
  if (first !== compressedMark) throw damaged(first === undefined ? 'it is empty' : `unknown encoding ${first}`)
  try {
    const frame = bytes.subarray(1)
    // in one piece where the size is known, otherwise in larger ones than the default, which would leave the heap in tatters
    const pieceBytes = zstdContentSize(frame) ?? Math.min(1 << 20, bytes.length * 4)
    const chunkSize = Math.max(1024, Math.min(pieceBytes, maxBytes))
    return zstdDecompressSync(frame, { maxOutputLength: maxBytes, chunkSize })
  } catch (error) {
    throw damaged(`it does not decompress to at most ${maxBytes} bytes`, error)
  }
}
