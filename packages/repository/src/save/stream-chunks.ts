import { Arena } from '../engine/arena.ts'
import { chunkBytesAtMost, nextCut } from './chunker.ts'

export type StreamChunker = (
  bytes: AsyncIterable<Uint8Array>,
) => AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined>

/**
 * Cuts streams into chunks, one stream after another, each chunk in memory of its own so that it can be handed to a
 * worker. Holds at most `bufferBytes` besides what the source yields at once; the longest chunk must fit.
 */
export function createStreamChunker(chunkerPolynomial: bigint, bufferBytes = 2 * chunkBytesAtMost): StreamChunker {
  const arena = new Arena(bufferBytes + 65536)
  arena.primitives.setPolynomial(chunkerPolynomial)
  const buffer = arena.reserve(bufferBytes)
  return async function* chunks(bytes) {
    let start = buffer
    let end = buffer
    const take = (cut: number): Uint8Array<ArrayBuffer> => {
      const chunk = new Uint8Array(arena.bytes.subarray(start, cut))
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
}
