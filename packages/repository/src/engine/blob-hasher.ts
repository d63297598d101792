import { hasShaInstructions } from '../native/sha-instructions.ts'
import type { Arena } from './arena.ts'
import { sha256 } from './sha256.ts'

/** Bytes in the arena. */
export interface Span {
  readonly at: number
  readonly length: number
}

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
    this.gatherBytes = inLanes ? 4 << 20 : 0
    this.#jobs = inLanes ? arena.reserve(jobsAtOnce * jobBytes) : 0
  }

  /** As 64 lower-case hex digits each, in the same order. */
  hash(spans: readonly Span[]): string[] {
    const inLanes = this.gatherBytes === 0 ? [] : worthLanes(spans)
    const hashes = inLanes.length === 0 ? [] : this.#hashInLanes(spans, inLanes)
    for (const [i, { at, length }] of spans.entries()) {
      hashes[i] ??= sha256(this.#arena.bytes.subarray(at, at + length))
    }
    return hashes
  }

  #hashInLanes(spans: readonly Span[], chosen: readonly number[]): string[] {
    const { bytes, primitives } = this.#arena
    const hashes: string[] = Array.from({ length: spans.length })
    for (let first = 0; first < chosen.length; first += jobsAtOnce) {
      const part = chosen.slice(first, first + jobsAtOnce)
      for (const [job, i] of part.entries()) {
        bytes.writeUInt32LE(spans[i]?.at ?? 0, this.#jobs + job * jobBytes)
        bytes.writeUInt32LE(spans[i]?.length ?? 0, this.#jobs + job * jobBytes + 4)
      }
      primitives.sha256Jobs(this.#jobs, part.length)
      for (const [job, i] of part.entries()) {
        const end = this.#jobs + (job + 1) * jobBytes
        hashes[i] = bytes.toString('hex', end - 32, end)
      }
    }
    return hashes
  }
}

/** Which blobs fill the lanes, longest first. */
function worthLanes(spans: readonly Span[]): number[] {
  if (spans.length < 4) return []
  const lengthOf = (i: number | undefined): number => (i === undefined ? 0 : (spans[i]?.length ?? 0))
  const order = Array.from(spans.keys()).toSorted((a, b) => lengthOf(b) - lengthOf(a))
  let left = spans.reduce((sum, { length }) => sum + length, 0)
  let first = 0
  for (; first < order.length && lengthOf(order[first]) > left * longestShare; first++) left -= lengthOf(order[first])
  return order.slice(first)
}
