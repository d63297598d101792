/**
 * Frees what a connection's bytes were read into, without waiting for a garbage collection. Node reads a connection into
 * a new block of memory each time and hands out views of it, which its HTTP parser may still be going through while they
 * are handed out: so a block is freed when a view of the next one comes. Only a view of all of its block says that
 * nobody else has a part of it.
 */
export function createRelease(): (consumed: Uint8Array) => void {
  let previous: Uint8Array | undefined
  return (consumed) => {
    const block = previous?.buffer
    if (block === consumed.buffer) return
    if (block instanceof ArrayBuffer && previous?.byteLength === block.byteLength) block.transfer(0)
    previous = consumed
  }
}
