import type { Arena } from '../engine/arena.ts'
import type { Region } from '../engine/pack-writer.ts'
import { chunkBytesAtLeast, chunkBytesAtMost } from './chunker.ts'

/** Most chunks are not much longer than the shortest: what is copied beyond a cut must be moved afterwards. */
const stepBytes = 1 << 20

/**
 * Cuts a content that lies outside the arena, and has each chunk stored while it is in `input`; returns what `store`
 * returned. The cuts are those of a file with the same content.
 */
export function storeOutside(
  arena: Arena,
  input: Region,
  bytes: Uint8Array,
  store: (at: number, length: number) => string,
): string[] {
  const ids: string[] = []
  let taken = 0
  let filled = 0
  const fill = (limit: number): void => {
    const count = Math.max(0, Math.min(limit - filled, bytes.length - taken))
    arena.bytes.set(bytes.subarray(taken, taken + count), input.at + filled)
    taken += count
    filled += count
  }
  for (;;) {
    fill(chunkBytesAtLeast + stepBytes)
    if (filled === 0) return ids
    const length = findEnd(arena, input, fill, () => filled)
    ids.push(store(input.at, length))
    arena.bytes.copyWithin(input.at, input.at + length, input.at + filled)
    filled -= length
  }
}

/** Length of the chunk that begins the input region, to which more is added as long as no cut is found. */
function findEnd(arena: Arena, input: Region, fill: (limit: number) => void, filled: () => number): number {
  let from = chunkBytesAtLeast - 1
  for (;;) {
    const end = Math.min(filled(), chunkBytesAtMost)
    const cut = end > chunkBytesAtLeast ? arena.primitives.findCut(input.at + from, input.at + end) : 0
    if (cut > 0) return cut - input.at
    if (end === chunkBytesAtMost) return end
    from = Math.max(from, end)
    fill(Math.min(end + stepBytes, chunkBytesAtMost))
    if (filled() === end) return end
  }
}
