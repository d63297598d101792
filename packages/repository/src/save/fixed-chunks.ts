/** More would store more of a file of pages a second time when one of them has changed; less would cost more ids and compress worse. */
const fixedChunkBytes = 512 << 10
/** So many are stored by one worker in one go: where blobs are hashed several at a time, these fill the lanes. */
export const fixedChunksAtOnce = 8

/*
 * Contents in which nothing is ever inserted, such as a database's pages or a segment of its log, are cut at the same
 * distance everywhere: where, need not be searched for, and is the same whoever reads them, in parts or as a stream.
 */

export function* fixedChunks(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += fixedChunkBytes) yield bytes.subarray(at, at + fixedChunkBytes)
}

/** Where the chunks between `start`, where one begins, and `stop` end. */
export function fixedCuts(start: number, stop: number): number[] {
  const cuts: number[] = []
  for (let at = start; at < stop; at += fixedChunkBytes) cuts.push(Math.min(at + fixedChunkBytes, stop))
  return cuts
}

/** Each chunk in memory of its own, so that it can be handed to a worker. */
export async function* fixedStreamChunks(
  pieces: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  let chunk = new Uint8Array(fixedChunkBytes)
  let filled = 0
  for await (const piece of pieces) {
    for (let done = 0; done < piece.length;) {
      const taken = piece.subarray(done, done + fixedChunkBytes - filled)
      chunk.set(taken, filled)
      done += taken.length
      filled += taken.length
      if (filled < fixedChunkBytes) continue
      yield chunk
      chunk = new Uint8Array(fixedChunkBytes)
      filled = 0
    }
  }
  if (filled > 0) yield chunk.slice(0, filled)
}
