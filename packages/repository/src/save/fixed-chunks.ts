/** Less of a log's segment is stored a second time when a longer one follows; more would cost more ids than it saves. */
const chunkBytes = 1 << 20

/**
 * Cuts a content where nothing is ever inserted, such as a segment of a log: everywhere at the same distance, which
 * nobody has to search for.
 */
export function* fixedChunks(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes)
}
