import type { Arena } from '../engine/arena.ts'
import type { Region } from '../engine/pack-writer.ts'
import { chunkBytesAtLeast, chunkBytesAtMost } from './chunker.ts'

/** Most chunks are not much longer than the shortest: what is read beyond a cut must be moved afterwards. */
const stepBytes = 1 << 20

/** A content of any size that lies outside the arena. */
export interface OutsideContent {
  readonly sizeBytes: number
  /** Reads to an address of the arena; returns how much, which is less only where the content ends too early. */
  read(at: number, length: number, position: number): number
}

/**
 * Cuts a content from `start` on, where a chunk begins, until one ends at `stop` or later. `take` gets each chunk while it is
 * in `input`, with its position in the content. Every byte is read once. Returns where the last chunk ended; before `stop`
 * and the content's size when it was shorter than that.
 */
export function cutContent(
  arena: Arena,
  input: Region,
  content: OutsideContent,
  range: { readonly start: number; readonly stop: number },
  take: (at: number, length: number, position: number) => void,
): number {
  let { sizeBytes } = content
  let position = range.start
  let filled = 0
  const fill = (limit: number): number => {
    const wanted = Math.max(0, Math.min(limit, sizeBytes - position) - filled)
    const count = wanted === 0 ? 0 : content.read(input.at + filled, wanted, position + filled)
    filled += count
    if (count < wanted) sizeBytes = position + filled
    return filled
  }
  while (position < range.stop && fill(chunkBytesAtLeast + stepBytes) > 0) {
    const length = findEnd(arena, input, fill)
    take(input.at, length, position)
    arena.bytes.copyWithin(input.at, input.at + length, input.at + filled)
    filled -= length
    position += length
  }
  return position
}

/** Length of the chunk that begins the input region, to which more is added as long as no cut is found. */
function findEnd(arena: Arena, input: Region, fill: (limit: number) => number): number {
  let from = chunkBytesAtLeast - 1
  for (let filled = fill(0); ;) {
    const end = Math.min(filled, chunkBytesAtMost)
    const cut = end > chunkBytesAtLeast ? arena.primitives.findCut(input.at + from, input.at + end) : 0
    if (cut > 0) return cut - input.at
    if (end === chunkBytesAtMost) return end
    from = Math.max(from, end)
    filled = fill(Math.min(end + stepBytes, chunkBytesAtMost))
    if (filled === end) return end
  }
}
