import { Arena } from '../engine/arena.ts'
import { chunkBytesAtMost, nextCut } from './chunker.ts'

export type StreamChunker = (
  bytes: AsyncIterable<Uint8Array>,
) => AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined>

interface StreamBuffer {
  /** the longest chunk must fit */
  readonly bufferBytes: number
  /** a cut is looked for whenever so much more is there */
  readonly windowBytes: number
}

/** Small, since there may be one for each of many streams, and so that the workers get chunks as they come and not in bursts. */
const usualBuffer: StreamBuffer = { bufferBytes: chunkBytesAtMost + (1 << 20), windowBytes: 1 << 20 }

/**
 * Cuts streams into chunks, one stream after another, each chunk in memory of its own so that it can be handed to a
 * worker. Holds at most `bufferBytes` besides what the source yields at once, and mostly little more than twice the window.
 */
export function createStreamChunker(
  chunkerPolynomial: bigint,
  { bufferBytes, windowBytes }: StreamBuffer = usualBuffer,
): StreamChunker {
  const arena = new Arena(bufferBytes + 65536)
  arena.primitives.setPolynomial(chunkerPolynomial)
  const buffer = arena.reserve(bufferBytes)
  const usual = 3 * windowBytes
  let touched = 0
  return async function* chunks(bytes) {
    let start = buffer
    let end = buffer
    let searched = buffer
    let wanted = windowBytes
    const take = (cut: number): Uint8Array<ArrayBuffer> => {
      const chunk = new Uint8Array(arena.bytes.subarray(start, cut))
      start = cut
      wanted = windowBytes
      return chunk
    }
    const moveToFront = (): void => {
      arena.bytes.copyWithin(buffer, start, end)
      end -= start - buffer
      searched -= start - buffer
      start = buffer
      if (touched > usual && end - buffer < usual) {
        arena.release({ at: buffer, sizeBytes: bufferBytes }, usual)
        touched = usual
      }
    }
    for await (const piece of bytes) {
      for (let done = 0; done < piece.length;) {
        if (end === buffer + bufferBytes || start - buffer >= windowBytes) moveToFront()
        const count = Math.min(piece.length - done, buffer + bufferBytes - end)
        arena.bytes.set(piece.subarray(done, done + count), end)
        done += count
        end += count
        touched = Math.max(touched, end - buffer)
        while (end - start >= wanted) {
          const cut = nextCut(arena.primitives, start, end, searched)
          if (cut < end || wanted === chunkBytesAtMost) yield take(cut)
          else {
            // a cut just at the end looks like none
            searched = end - 1
            wanted = Math.min(wanted + windowBytes, chunkBytesAtMost)
          }
        }
      }
    }
    while (start < end) yield take(nextCut(arena.primitives, start, end, searched))
  }
}
