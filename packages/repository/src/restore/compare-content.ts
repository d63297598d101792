import { readSync } from 'node:fs'
import type { Arena } from '../engine/arena.ts'
import { sha256 } from '../engine/sha256.ts'
import type { ContentPart } from './file-content.ts'

export interface ScratchRegion {
  readonly at: number
  readonly sizeBytes: number
}

/** Whether an open file holds exactly this blob at its offset. */
export function holdsPart(arena: Arena, scratch: ScratchRegion, fd: number, part: ContentPart): boolean {
  // larger than any blob that can be restored: it differs in any case
  if (part.length > scratch.sizeBytes) return false
  for (let done = 0; done < part.length;) {
    const count = readSync(fd, arena.bytes, scratch.at + done, part.length - done, part.offset + done)
    if (count === 0) return false
    done += count
  }
  return sha256(arena.bytes.subarray(scratch.at, scratch.at + part.length)) === part.id
}
