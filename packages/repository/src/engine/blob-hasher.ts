import type { Arena } from './arena.ts'
import { sha256 } from './sha256.ts'
import { laneCount, lanesPay, sha256Lanes, type Span } from './sha256-lanes.ts'

/** What is gathered before it is hashed, at most. */
export const gatherBytesAtMost = 4 << 20
/** A lane has two fifths of the speed of OpenSSL's hash of one message: fewer full ones are slower than that. */
const lanesWorthwhile = 2.5

/**
 * SHA-256 of blobs in an arena, of several at once in lanes where that is faster (decision 035). One per thread.
 */
export class BlobHasher {
  /** So many bytes of blobs are worth gathering before they are hashed; 0: one after another is as fast. */
  readonly gatherBytes: number
  readonly #arena: Arena

  constructor(arena: Arena, inLanes = lanesPay()) {
    this.#arena = arena
    this.gatherBytes = inLanes ? gatherBytesAtMost : 0
  }

  /** As 64 lower-case hex digits each, in the same order. */
  hash(spans: readonly Span[]): string[] {
    const { bytes } = this.#arena
    const hashes: string[] = Array.from({ length: spans.length })
    for (const group of this.gatherBytes > 0 ? groupsWorthLanes(spans) : []) {
      const ofGroup = sha256Lanes()?.(bytes, group)
      for (const [i, hash] of (ofGroup ?? []).entries()) hashes[group[i]?.place ?? 0] = hash
    }
    for (const [i, { at, length }] of spans.entries()) hashes[i] ??= sha256(bytes.subarray(at, at + length))
    return hashes
  }
}

interface PlacedSpan extends Span {
  /** in the list that was given */
  readonly place: number
}

/** Blobs of similar length, as many as there are lanes; a group takes as long as its longest. What fills no lanes is left out. */
function* groupsWorthLanes(spans: readonly Span[]): Generator<PlacedSpan[]> {
  if (spans.length < lanesWorthwhile) return
  const order = spans.map(({ at, length }, place) => ({ at, length, place })).toSorted((a, b) => b.length - a.length)
  for (let next = 0; next < order.length;) {
    const group = order.slice(next, next + laneCount)
    const totalBytes = group.reduce((sum, { length }) => sum + length, 0)
    const isWorthwhile = totalBytes >= (group[0]?.length ?? 0) * lanesWorthwhile
    if (isWorthwhile) yield group
    next += isWorthwhile ? group.length : 1
  }
}
