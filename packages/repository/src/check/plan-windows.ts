import type { PackedBlob } from '../format/packed-blob.ts'

/** A piece of a pack that is read at once, and the blobs that lie in it whole. */
export interface PackWindow {
  readonly offset: number
  readonly length: number
  readonly firstBlob: number
  readonly endBlob: number
}

/**
 * Cuts a pack into pieces between its blobs, so that none is read twice. A piece is at most `windowBytes` long unless a
 * single blob is longer. What follows the blobs (the header) is read in one piece, with the last blobs if they
 * fit together into `roomBytes`. Without blobs the pieces are simply of equal length.
 * @param blobs by offset, without gaps from 0
 */
export function planWindows(
  blobs: readonly PackedBlob[],
  packBytes: number,
  windowBytes: number,
  roomBytes: number,
): PackWindow[] {
  const windows: PackWindow[] = []
  let offset = 0
  let firstBlob = 0
  for (const [at, blob] of blobs.entries()) {
    const end = blob.offset + blob.length
    if (end - offset <= windowBytes || at === firstBlob) continue
    windows.push({ offset, length: blob.offset - offset, firstBlob, endBlob: at })
    offset = blob.offset
    firstBlob = at
  }
  const last = blobs.at(-1)
  const blobsEnd = last === undefined ? 0 : last.offset + last.length
  if (packBytes - offset <= roomBytes && last !== undefined) {
    windows.push({ offset, length: packBytes - offset, firstBlob, endBlob: blobs.length })
    return windows
  }
  if (blobsEnd > offset) windows.push({ offset, length: blobsEnd - offset, firstBlob, endBlob: blobs.length })
  for (let rest = blobsEnd; rest < packBytes; rest += windowBytes) {
    const length = Math.min(windowBytes, packBytes - rest)
    windows.push({ offset: rest, length, firstBlob: blobs.length, endBlob: blobs.length })
  }
  return windows
}
