import { Arena } from '../engine/arena.ts'
import { chunkBytesAtMost, nextCut } from './chunker.ts'

/**
 * Cuts a stream into chunks, each in memory of its own so that it can be handed to a worker. Holds at most one longest chunk
 * and what the source yields at once.
 */
export async function* streamChunks(
  bytes: AsyncIterable<Uint8Array>,
  chunkerPolynomial: bigint,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const bufferBytes = 2 * chunkBytesAtMost
  const arena = new Arena(bufferBytes + 65536)
  arena.primitives.setPolynomial(chunkerPolynomial)
  const buffer = arena.reserve(bufferBytes)
  let start = buffer
  let end = buffer
  const take = (cut: number): Uint8Array<ArrayBuffer> => {
    const chunk = Uint8Array.from(arena.bytes.subarray(start, cut))
    start = cut
    return chunk
  }
  for await (const piece of bytes) {
    for (let done = 0; done < piece.length;) {
      if (end === buffer + bufferBytes) {
        arena.bytes.copyWithin(buffer, start, end)
        end -= start - buffer
        start = buffer
      }
      const count = Math.min(piece.length - done, buffer + bufferBytes - end)
      arena.bytes.set(piece.subarray(done, done + count), end)
      done += count
      end += count
      while (end - start >= chunkBytesAtMost) yield take(nextCut(arena.primitives, start, end))
    }
  }
  while (start < end) yield take(nextCut(arena.primitives, start, end))
}
