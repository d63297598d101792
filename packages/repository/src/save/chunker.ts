import type { Primitives } from '../wasm/primitives.ts'

/** restic's bounds for a chunk, in bytes. */
export const chunkBytesAtLeast = 512 * 1024
export const chunkBytesAtMost = 8 * 1024 * 1024

/**
 * End of the chunk that begins at `start`, when all bytes up to `end` are there and the file ends at `end` or at least
 * `chunkBytesAtMost` follow `start`. Looked for behind `searched`, up to which there is known to be none.
 */
export function nextCut(primitives: Primitives, start: number, end: number, searched = start): number {
  if (end - start <= chunkBytesAtLeast) return end
  const limit = Math.min(end, start + chunkBytesAtMost)
  return primitives.findCut(Math.max(start + chunkBytesAtLeast - 1, searched), limit) || limit
}
