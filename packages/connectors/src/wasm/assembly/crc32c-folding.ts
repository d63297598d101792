// Folds blocks of 128 bytes, each on the next one, until one is left. Why this can be done, and what the tables hold, is
// in postgresql/crc32c-folding.ts, which writes them.
import { keptConstant } from './kept-constant'
import { FOLDED_BLOCK, FOLDING_TABLES } from './layout'

const BLOCK: usize = 128

@inline function lowNibbles(x: v128, mask: v128): v128 { return v128.and(x, mask) }
@inline function highNibbles(x: v128, mask: v128): v128 { return v128.and(i16x8.shr_u(x, 4), mask) }

/** `sum` and what the nibbles of row `from` give to row `to`. */
@inline function added(sum: v128, to: usize, from: usize, low: v128, high: v128): v128 {
  const tables = FOLDING_TABLES + ((to << 2) + from << 5)
  return v128.xor(sum, v128.xor(v128.swizzle(v128.load(tables), low), v128.swizzle(v128.load(tables + 16), high)))
}

/** One vector of each of the four rows, which lie 32 bytes apart: the other halves of the rows never meet them. */
function foldHalf(at: usize, end: usize, result: usize): void {
  const mask = keptConstant(0x0f0f0f0f)
  let a = v128.load(at), b = v128.load(at, 32), c = v128.load(at, 64), d = v128.load(at, 96)
  for (at += BLOCK; at < end; at += BLOCK) {
    let e = v128.load(at), f = v128.load(at, 32), g = v128.load(at, 64), h = v128.load(at, 96)
    let low = lowNibbles(a, mask), high = highNibbles(a, mask)
    e = added(e, 0, 0, low, high); f = added(f, 1, 0, low, high); g = added(g, 2, 0, low, high); h = added(h, 3, 0, low, high)
    low = lowNibbles(b, mask); high = highNibbles(b, mask)
    e = added(e, 0, 1, low, high); f = added(f, 1, 1, low, high); g = added(g, 2, 1, low, high); h = added(h, 3, 1, low, high)
    low = lowNibbles(c, mask); high = highNibbles(c, mask)
    e = added(e, 0, 2, low, high); f = added(f, 1, 2, low, high); g = added(g, 2, 2, low, high); h = added(h, 3, 2, low, high)
    low = lowNibbles(d, mask); high = highNibbles(d, mask)
    e = added(e, 0, 3, low, high); f = added(f, 1, 3, low, high); g = added(g, 2, 3, low, high); h = added(h, 3, 3, low, high)
    a = e; b = f; c = g; d = h
  }
  v128.store(result, a); v128.store(result, b, 32); v128.store(result, c, 64); v128.store(result, d, 96)
}

/** Writes the block that stands for those from `at` to `end`, which lie a multiple of 128 bytes apart, to FOLDED_BLOCK. */
export function fold(at: usize, end: usize): void {
  foldHalf(at, end, FOLDED_BLOCK)
  foldHalf(at + 16, end, FOLDED_BLOCK + 16)
}
