/**
 * Frees the memory of a buffer that is done with, now instead of at the next garbage collection. Only where the buffer is all
 * there is of its memory; a view of something larger stays as it is.
 */
export function releaseBuffer(bytes: ArrayBufferView): void {
  if (bytes.buffer instanceof ArrayBuffer && bytes.byteLength === bytes.buffer.byteLength) bytes.buffer.transfer(0)
}
