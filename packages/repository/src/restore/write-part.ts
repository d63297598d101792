import { writeSync } from 'node:fs'
import type { Arena } from '../engine/arena.ts'

const blockBytes = 4096
const zeros = Buffer.alloc(blockBytes)

/** Writes arena bytes at an offset of a file, however many calls it takes. */
export function writePart(arena: Arena, fd: number, at: number, length: number, offset: number): void {
  for (let done = 0; done < length;) {
    done += writeSync(fd, arena.bytes, at + done, length - done, offset + done)
  }
}

/**
 * The same without the blocks that are all zeros, for a new file that was given its size before: those read as zeros
 * anyway and take no space. Returns the bytes written.
 */
export function writeSparsePart(arena: Arena, fd: number, at: number, length: number, offset: number): number {
  let written = 0
  let pending = 0
  const flush = (end: number): void => {
    if (pending > 0) writePart(arena, fd, at + end - pending, pending, offset + end - pending)
    written += pending
    pending = 0
  }
  for (let done = 0; done < length;) {
    // blocks of the file, not of the blob: only those can become holes
    const size = Math.min(blockBytes - ((offset + done) % blockBytes), length - done)
    const isZero = arena.bytes.compare(zeros, 0, size, at + done, at + done + size) === 0
    if (isZero) flush(done)
    else pending += size
    done += size
  }
  flush(length)
  return written
}
