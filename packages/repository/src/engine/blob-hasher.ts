import { hasShaInstructions } from '../native/sha-instructions.ts'
import type { Arena } from './arena.ts'
import { sha256 } from './sha256.ts'

/** Bytes in the arena. */
export interface Span {
  readonly at: number
  readonly length: number
}

/** What is gathered before it is hashed, at most. */
export const gatherBytesAtMost = 4 << 20
/** As `sha256Jobs` wants them: u32 address, u32 length, room for the hash. */
const jobBytes = 40
const jobsAtOnce = 256
/** A lane alone has a bit more than a third of OpenSSL's speed. What takes longer in one than all of it in OpenSSL is left to that. */
const longestShare = 0.3

/**
 * SHA-256 of blobs in an arena, of several at once in lanes where the processor has no instructions for it (decision 034).
 * One per thread.
 */
export class BlobHasher {
  /** So many bytes of blobs are worth gathering before they are hashed; 0: one after another is as fast. */
  readonly gatherBytes: number
  readonly #arena: Arena
  readonly #jobs: number

  constructor(arena: Arena, inLanes = !hasShaInstructions()) {
    this.#arena = arena
    this.gatherBytes = inLanes ? gatherBytesAtMost : 0
    this.#jobs = inLanes ? arena.reserve(jobsAtOnce * jobBytes) : 0
  }

  /** As 64 lower-case hex digits each, in the same order. */
  hash(spans: readonly Span[]): string[] {
    const hashes: string[] = Array.from({ length: spans.length })
    if (this.gatherBytes > 0) this.#hashInLanes(worthLanes(spans), hashes)
    for (const [i, { at, length }] of spans.entries()) {
      hashes[i] ??= sha256(this.#arena.bytes.subarray(at, at + length))
    }
    return hashes
  }

  #hashInLanes(chosen: readonly PlacedSpan[], hashes: string[]): void {
    const { bytes, primitives } = this.#arena
    for (let first = 0; first < chosen.length; first += jobsAtOnce) {
      const part = chosen.slice(first, first + jobsAtOnce)
      for (const [i, { at, length }] of part.entries()) {
        bytes.writeUInt32LE(at, this.#jobs + i * jobBytes)
        bytes.writeUInt32LE(length, this.#jobs + i * jobBytes + 4)
      }
      primitives.sha256Jobs(this.#jobs, part.length)
      for (const [i, { place }] of part.entries()) {
        const end = this.#jobs + (i + 1) * jobBytes
        hashes[place] = bytes.toString('hex', end - 32, end)
      }
    }
  }
}

interface PlacedSpan extends Span {
  /** in the list that was given */
  readonly place: number
}

/** Which blobs fill the lanes, longest first. */
function worthLanes(spans: readonly Span[]): PlacedSpan[] {
  if (spans.length < 4) return []
  const order = spans.map(({ at, length }, place) => ({ at, length, place })).toSorted((a, b) => b.length - a.length)
  let left = spans.reduce((sum, { length }) => sum + length, 0)
  let tooLong = 0
  for (const { length } of order) {
    if (length <= left * longestShare) break
    left -= length
    tooLong++
  }
  return order.slice(tooLong)
}
