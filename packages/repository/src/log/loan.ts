import { releaseBuffer } from '../engine/release-buffer.ts'

/** Bytes that are handed to another thread while they are stored, and come back. */
export interface Loan {
  /** in memory that nothing else lies in */
  readonly bytes: Uint8Array<ArrayBuffer>
  /** what the loan takes in memory besides what its owner has anyway */
  readonly extraBytes: number
  /** Called once, however it went. After a thread has died the bytes have no length any more. */
  giveBack(bytes: Uint8Array<ArrayBuffer>): void
}

/** Lends a copy, which is freed when it comes back. */
export function copiedLoan(bytes: Uint8Array): Loan {
  return { bytes: Uint8Array.from(bytes), extraBytes: bytes.length, giveBack: releaseBuffer }
}

/** Lends bytes that nobody else needs again. */
export function lastLoan(bytes: Uint8Array): Loan {
  return isAlone(bytes) ? { bytes, extraBytes: bytes.length, giveBack: releaseBuffer } : copiedLoan(bytes)
}

/** Whether the bytes are all there is in their memory, and it can be handed over. */
export function isAlone(bytes: Uint8Array): bytes is Uint8Array<ArrayBuffer> {
  return bytes.buffer instanceof ArrayBuffer && bytes.byteLength === bytes.buffer.byteLength
}
