// Content-defined cut points of restic's chunker: a Rabin fingerprint over a window of 64 bytes with a polynomial of
// degree 53; a chunk may end where the lowest 20 bits are zero. The fingerprint depends on the last 64 bytes only, so
// four lanes that lie 8 KiB apart can be rolled at once, which hides the latency of the table look-ups.
import { MOD_TABLE, OUT_TABLE } from './layout'

const WINDOW: usize = 64
const LANE: usize = 8192
const SPLIT_MASK: u32 = 0xfffff

@inline function degree(x: u64): i32 {
  return 63 - <i32>clz<u64>(x)
}

function modulo(x: u64, polynomial: u64): u64 {
  const limit = degree(polynomial)
  while (x != 0 && degree(x) >= limit) x ^= polynomial << <u64>(degree(x) - limit)
  return x
}

/** Fills the tables. OUT is folded one step further than restic's, so that it can be applied after the shift. */
export function setPolynomial(polynomial: u64): void {
  const k = <u64>degree(polynomial)
  for (let byte: u64 = 0; byte < 256; byte++) {
    let out = modulo(byte, polynomial)
    for (let i = 0; i < 64; i++) out = modulo(out << 8, polynomial)
    store<u64>(OUT_TABLE + <usize>(byte << 3), out)
    store<u64>(MOD_TABLE + <usize>(byte << 3), modulo(byte << k, polynomial) | (byte << k))
  }
}

@inline function append(digest: u64, byte: u64): u64 {
  return ((digest << 8) | byte) ^ load<u64>(<usize>(<u32>(digest >> 42) & 0x7f8), MOD_TABLE)
}

@inline function roll(digest: u64, byte: u64, leaving: u32): u64 {
  return append(digest, byte) ^ load<u64>(<usize>(leaving << 3), OUT_TABLE)
}

/** Fingerprint of the 64 bytes before `at`. */
@inline function fingerprint(at: usize): u64 {
  let digest: u64 = 0
  for (let i: usize = at - WINDOW; i < at; i++) digest = append(digest, load<u8>(i))
  return digest
}

@inline function isCut(digest: u64): bool {
  return (<u32>digest & SPLIT_MASK) == 0
}

function findCutInOneLane(from: usize, end: usize): usize {
  let digest = fingerprint(from)
  while (from < end) {
    digest = roll(digest, load<u8>(from), load<u8>(from - WINDOW))
    from++
    if (isCut(digest)) return from
  }
  return 0
}

/**
 * The first position p in (from, end] at which a chunk may end, or 0. The 64 bytes before `from` must be the ones that
 * precede it in the file.
 */
export function findCut(from: usize, end: usize): usize {
  while (from + 4 * LANE <= end) {
    let a = fingerprint(from)
    let b = fingerprint(from + LANE)
    let c = fingerprint(from + 2 * LANE)
    let d = fingerprint(from + 3 * LANE)
    let p = from - WINDOW
    const stop = p + LANE
    while (p < stop) {
      a = roll(a, load<u8>(p, 64), load<u8>(p))
      b = roll(b, load<u8>(p, 64 + 8192), load<u8>(p, 8192))
      c = roll(c, load<u8>(p, 64 + 16384), load<u8>(p, 16384))
      d = roll(d, load<u8>(p, 64 + 24576), load<u8>(p, 24576))
      // a hit is rare (once in a megabyte): look for the first one of the block again, in order
      if (isCut(a)) return findCutInOneLane(from, end)
      if (isCut(b)) return findCutInOneLane(from, end)
      if (isCut(c)) return findCutInOneLane(from, end)
      if (isCut(d)) return findCutInOneLane(from, end)
      a = roll(a, load<u8>(p, 65), load<u8>(p, 1))
      b = roll(b, load<u8>(p, 65 + 8192), load<u8>(p, 1 + 8192))
      c = roll(c, load<u8>(p, 65 + 16384), load<u8>(p, 1 + 16384))
      d = roll(d, load<u8>(p, 65 + 24576), load<u8>(p, 1 + 24576))
      if (isCut(a)) return findCutInOneLane(from, end)
      if (isCut(b)) return findCutInOneLane(from, end)
      if (isCut(c)) return findCutInOneLane(from, end)
      if (isCut(d)) return findCutInOneLane(from, end)
      p += 2
    }
    from += 4 * LANE
  }
  return from < end ? findCutInOneLane(from, end) : 0
}
