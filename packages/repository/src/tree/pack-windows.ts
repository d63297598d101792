import type { Context } from '@holdfast/core/context'
import type { Backend } from '@holdfast/storage/backend'
import type { BlobPlace } from '../engine/blob-index.ts'

/** Reads blobs out of packs in larger pieces, since what lies beside a tree is usually wanted next. */
export interface PackWindows {
  /** The sealed bytes of a blob. Reads that fall into the same piece share one request. */
  read(place: BlobPlace, ctx: Context): Promise<Uint8Array>
}

interface Window {
  readonly start: number
  readonly end: number
  readonly bytes: Promise<Uint8Array>
}

/**
 * Pieces begin and end at multiples of `windowBytes`, so that it does not matter in which direction a pack is read:
 * restic writes directories after what is in them, and a walk meets them before.
 */
export function createPackWindows(backend: Backend, windowBytes = 256 << 10, windowsAtMost = 32): PackWindows {
  const windows = new Map<string, Window>()
  const open = (key: string, place: BlobPlace, start: number, ctx: Context): Window => {
    const blobEnd = place.offset + place.length
    const end = Math.max(blobEnd, Math.min(place.packEnd, Math.ceil(blobEnd / windowBytes) * windowBytes))
    const bytes = backend.read({ type: 'data', name: place.packId }, { offset: start, length: end - start }, ctx)
    const window = { start, end, bytes }
    bytes.catch(() => {
      if (windows.get(key) === window) windows.delete(key)
    })
    return window
  }
  return {
    async read(place, ctx) {
      const start = Math.floor(place.offset / windowBytes) * windowBytes
      const key = `${place.packId}:${start}`
      const known = windows.get(key)
      const reaches = known !== undefined && place.offset + place.length <= known.end
      const window = reaches ? known : open(key, place, start, ctx)
      windows.delete(key)
      windows.set(key, window)
      const [oldest] = windows.keys()
      if (windows.size > windowsAtMost && oldest !== undefined) windows.delete(oldest)
      const at = place.offset - window.start
      return (await window.bytes).subarray(at, at + place.length)
    },
  }
}
