import { sealOverheadBytes } from './seal-overhead.ts'
import { AppError } from '@holdfast/core/errors/app-error'
import { open, seal } from './crypto.ts'
import type { MasterKey } from './master-key.ts'
import type { PackedBlob } from './packed-blob.ts'

const plainEntryBytes = 37
const compressedEntryBytes = 41
const lengthFieldBytes = 4

/** No header is longer, sealed; a writer finishes the pack before. */
export const maxPackHeaderBytes = 16 << 20

/** Bytes that a blob takes in the header of its pack. */
export function packHeaderEntryBytes(rawLength: number): number {
  return rawLength === 0 ? plainEntryBytes : compressedEntryBytes
}

/** Size of a pack as its blobs imply: their sealed bytes, the sealed header and its length. */
export function expectedPackBytes(blobs: Iterable<{ readonly length: number; readonly rawLength: number }>): number {
  let bytes = sealOverheadBytes + lengthFieldBytes
  for (const blob of blobs) bytes += blob.length + packHeaderEntryBytes(blob.rawLength)
  return bytes
}

/** The entries of a header, not yet sealed, for blobs in the order in which they lie in the pack. */
export function encodePackHeader(blobs: readonly Omit<PackedBlob, 'offset'>[]): Buffer {
  const header = Buffer.allocUnsafe(blobs.reduce((sum, blob) => sum + packHeaderEntryBytes(blob.rawLength), 0))
  let at = 0
  for (const { id, type, length, rawLength } of blobs) {
    at = header.writeUInt8((type === 'tree' ? 1 : 0) + (rawLength === 0 ? 0 : 2), at)
    at = header.writeUInt32LE(length, at)
    if (rawLength !== 0) at = header.writeUInt32LE(rawLength, at)
    at += header.write(id, at, 32, 'hex')
  }
  return header
}

/** Everything that follows the blobs in a pack: the sealed header and its length. */
export function sealPackHeader(key: MasterKey, blobs: readonly Omit<PackedBlob, 'offset'>[]): Buffer {
  const sealed = seal(key, encodePackHeader(blobs))
  const length = Buffer.alloc(lengthFieldBytes)
  length.writeUInt32LE(sealed.length)
  return Buffer.concat([sealed, length])
}

/**
 * How many bytes at the end of a pack are its header with the length field, from the pack's last four bytes (`tail` may
 * hold more).
 * @throws AppError REPOSITORY_DAMAGED
 */
export function packTrailerBytes(tail: Uint8Array, packBytes: number, objectName: string): number {
  if (tail.length < lengthFieldBytes || packBytes < lengthFieldBytes) throw damaged(objectName, 'it is too short')
  const length = new DataView(tail.buffer, tail.byteOffset + tail.length - lengthFieldBytes).getUint32(0, true)
  if (length < sealOverheadBytes + plainEntryBytes || length > maxPackHeaderBytes) {
    throw damaged(objectName, `its header claims ${length} bytes`)
  }
  if (length + lengthFieldBytes > packBytes) {
    throw damaged(objectName, `its header claims ${length} of ${packBytes} bytes`)
  }
  return length + lengthFieldBytes
}

/**
 * The blobs of a pack from its end. `tail` are the last bytes of the pack, at least as many as `packTrailerBytes` says.
 * @throws AppError REPOSITORY_DAMAGED
 */
export function openPackHeader(key: MasterKey, tail: Uint8Array, packBytes: number, objectName: string): PackedBlob[] {
  const trailerBytes = packTrailerBytes(tail, packBytes, objectName)
  if (trailerBytes > tail.length) throw damaged(objectName, `its header was read incomplete`)
  const sealed = tail.subarray(tail.length - trailerBytes, tail.length - lengthFieldBytes)
  return parsePackHeader(open(key, sealed, `${objectName} (header)`), packBytes, objectName)
}

/**
 * Parses the opened header. Every bound is checked: types, lengths, and that the blobs fill the pack exactly.
 * @throws AppError REPOSITORY_DAMAGED
 */
export function parsePackHeader(header: Uint8Array, packBytes: number, objectName: string): PackedBlob[] {
  const bytes = Buffer.from(header.buffer, header.byteOffset, header.length)
  const blobs: PackedBlob[] = []
  let offset = 0
  for (let at = 0; at < bytes.length;) {
    const type = bytes.readUInt8(at)
    if (type > 3) throw damaged(objectName, `its header has a blob of type ${type}`)
    const compressed = type >= 2
    const entryBytes = compressed ? compressedEntryBytes : plainEntryBytes
    if (at + entryBytes > bytes.length) throw damaged(objectName, 'its header ends in the middle of an entry')
    const length = bytes.readUInt32LE(at + 1)
    const rawLength = compressed ? bytes.readUInt32LE(at + 5) : 0
    if (length < sealOverheadBytes) throw damaged(objectName, `a blob has ${length} bytes`)
    if (compressed && rawLength === 0) throw damaged(objectName, 'a compressed blob is empty')
    const id = bytes.toString('hex', at + entryBytes - 32, at + entryBytes)
    blobs.push({ id, type: (type & 1) === 1 ? 'tree' : 'data', offset, length, rawLength })
    offset += length
    at += entryBytes
  }
  const impliedBytes = offset + bytes.length + sealOverheadBytes + lengthFieldBytes
  if (blobs.length === 0) throw damaged(objectName, 'its header is empty')
  if (impliedBytes !== packBytes) {
    throw damaged(objectName, `its header describes ${impliedBytes} bytes, but it has ${packBytes}`)
  }
  return blobs
}

function damaged(objectName: string, reason: string): AppError {
  return new AppError('REPOSITORY_DAMAGED', { object: objectName, reason })
}
