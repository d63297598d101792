// SHA-256 (FIPS 180-4) of up to four messages at once, one in each lane of the vectors. Where a processor has no
// instructions for SHA-256, that is one and a half times as fast as one after another (decision 034).
import { SHA_CONSTANTS, SHA_LANES, SHA_PADDING, SHA_SCHEDULE, SHA_STATE } from './layout'

/** A job: u32 address, u32 length, and room for the 32 bytes of the hash. */
const JOB_BYTES: usize = 40
/** Shorter stretches let V8 put optimised code in the place of its first draft soon. */
const BLOCKS_AT_ONCE: u32 = 512

// A lane: u32 job (0: none), u32 address of the next block, u32 blocks left, u32 whether these are the padding.
@inline function jobOf(lane: usize): usize { return load<u32>(SHA_LANES + (lane << 4)) }
@inline function nextBlock(lane: usize): usize { return load<u32>(SHA_LANES + (lane << 4), 4) }
@inline function blocksLeft(lane: usize): u32 { return load<u32>(SHA_LANES + (lane << 4), 8) }
@inline function isPadding(lane: usize): bool { return load<u32>(SHA_LANES + (lane << 4), 12) != 0 }
@inline function setBlocks(lane: usize, at: usize, blocks: u32, padding: u32): void {
  store<u32>(SHA_LANES + (lane << 4), <u32>at, 4)
  store<u32>(SHA_LANES + (lane << 4), blocks, 8)
  store<u32>(SHA_LANES + (lane << 4), padding, 12)
}
@inline function setState(lane: usize, word: usize, value: u32): void {
  store<u32>(SHA_STATE + (word << 4) + (lane << 2), value)
}

/** Hashes `count` messages; a lane that has finished one takes the next, so the longest should come first. */
export function sha256Jobs(jobs: usize, count: u32): void {
  const end = jobs + count * JOB_BYTES
  let next = jobs
  for (let lane: usize = 0; lane < 4; lane++) next = begin(lane, next, end)
  for (;;) {
    let busy: usize = 0
    let blocks = BLOCKS_AT_ONCE
    for (let lane: usize = 0; lane < 4; lane++) {
      if (jobOf(lane) == 0) continue
      busy = nextBlock(lane)
      blocks = min(blocks, blocksLeft(lane))
    }
    if (busy == 0) return
    mix(source(0, busy), source(1, busy), source(2, busy), source(3, busy), blocks)
    for (let lane: usize = 0; lane < 4; lane++) {
      if (jobOf(lane) == 0) continue
      setBlocks(lane, nextBlock(lane) + (blocks << 6), blocksLeft(lane) - blocks, isPadding(lane))
      if (blocksLeft(lane) > 0) continue
      if (!isPadding(lane)) pad(lane)
      else {
        finish(lane)
        next = begin(lane, next, end)
      }
    }
  }
}

/** A lane without a job mixes what another reads, to no end. */
@inline function source(lane: usize, busy: usize): usize { return jobOf(lane) == 0 ? busy : nextBlock(lane) }

/** Gives the lane the job at `next`, if that is one; returns where the one after it is. */
function begin(lane: usize, next: usize, end: usize): usize {
  store<u32>(SHA_LANES + (lane << 4), next < end ? <u32>next : 0)
  if (next >= end) return next
  setState(lane, 0, 0x6a09e667); setState(lane, 1, 0xbb67ae85); setState(lane, 2, 0x3c6ef372); setState(lane, 3, 0xa54ff53a)
  setState(lane, 4, 0x510e527f); setState(lane, 5, 0x9b05688c); setState(lane, 6, 0x1f83d9ab); setState(lane, 7, 0x5be0cd19)
  setBlocks(lane, load<u32>(next), load<u32>(next, 4) >> 6, 0)
  if (blocksLeft(lane) == 0) pad(lane)
  return next + JOB_BYTES
}

/** The last part of the message, a one, zeros, and the message's length in bits: one block or two. */
function pad(lane: usize): void {
  const job = jobOf(lane)
  const length = load<u32>(job, 4)
  const rest: usize = length & 63
  const blocks: usize = rest < 56 ? 1 : 2
  const to = SHA_PADDING + (lane << 7)
  memory.fill(to, 0, 128)
  memory.copy(to, load<u32>(job) + length - <u32>rest, rest)
  store<u8>(to + rest, 0x80)
  store<u64>(to + (blocks << 6) - 8, bswap<u64>(<u64>length << 3))
  setBlocks(lane, to, <u32>blocks, 1)
}

function finish(lane: usize): void {
  for (let word: usize = 0; word < 8; word++) {
    store<u32>(jobOf(lane) + 8 + (word << 2), bswap<u32>(load<u32>(SHA_STATE + (word << 4) + (lane << 2))))
  }
}

@inline function add(x: v128, y: v128): v128 { return i32x4.add(x, y) }
@inline function rotr(x: v128, bits: i32): v128 { return v128.or(i32x4.shr_u(x, bits), i32x4.shl(x, 32 - bits)) }
@inline function xor3(x: v128, y: v128, z: v128): v128 { return v128.xor(v128.xor(x, y), z) }
@inline function choose(x: v128, y: v128, z: v128): v128 { return v128.xor(z, v128.and(x, v128.xor(y, z))) }
@inline function bigEndian(x: v128): v128 {
  return v128.shuffle<u8>(x, x, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12)
}
@inline function word(i: usize): v128 { return v128.load(SHA_SCHEDULE + ((i & 15) << 4)) }

/** What a round adds to d, and to the new a. */
@inline function roundSum(e: v128, f: v128, g: v128, h: v128, i: usize, constants: usize): v128 {
  const sigma = xor3(rotr(e, 6), rotr(e, 11), rotr(e, 25))
  return add(add(add(h, word(i)), v128.load32_splat(constants + (i << 2))), add(sigma, choose(e, f, g)))
}
/** The new a; `ab` is a xor b, and `bc`, b xor c, is that of the round before: so the majority takes three operations. */
@inline function newA(sum: v128, a: v128, b: v128, ab: v128, bc: v128): v128 {
  const sigma = xor3(rotr(a, 2), rotr(a, 13), rotr(a, 22))
  return add(add(sum, sigma), v128.xor(b, v128.and(ab, bc)))
}

/** Mixes so many blocks from each of four addresses into the state. */
function mix(p0: usize, p1: usize, p2: usize, p3: usize, blocks: u32): void {
  let a = v128.load(SHA_STATE), b = v128.load(SHA_STATE, 16), c = v128.load(SHA_STATE, 32), d = v128.load(SHA_STATE, 48)
  let e = v128.load(SHA_STATE, 64), f = v128.load(SHA_STATE, 80), g = v128.load(SHA_STATE, 96), h = v128.load(SHA_STATE, 112)
  for (; blocks > 0; blocks--) {
    const a0 = a, b0 = b, c0 = c, d0 = d, e0 = e, f0 = f, g0 = g, h0 = h
    takeWords(p0, p1, p2, p3, 0); takeWords(p0, p1, p2, p3, 16); takeWords(p0, p1, p2, p3, 32); takeWords(p0, p1, p2, p3, 48)
    p0 += 64; p1 += 64; p2 += 64; p3 += 64
    let x = v128.xor(b, c), y: v128, t: v128
    // the names move by one instead of the values; 16 rounds bring each back to its place
    for (let k = SHA_CONSTANTS; ; k += 64) {
      t = roundSum(e, f, g, h, 0, k); y = v128.xor(a, b); d = add(d, t); h = newA(t, a, b, y, x)
      t = roundSum(d, e, f, g, 1, k); x = v128.xor(h, a); c = add(c, t); g = newA(t, h, a, x, y)
      t = roundSum(c, d, e, f, 2, k); y = v128.xor(g, h); b = add(b, t); f = newA(t, g, h, y, x)
      t = roundSum(b, c, d, e, 3, k); x = v128.xor(f, g); a = add(a, t); e = newA(t, f, g, x, y)
      t = roundSum(a, b, c, d, 4, k); y = v128.xor(e, f); h = add(h, t); d = newA(t, e, f, y, x)
      t = roundSum(h, a, b, c, 5, k); x = v128.xor(d, e); g = add(g, t); c = newA(t, d, e, x, y)
      t = roundSum(g, h, a, b, 6, k); y = v128.xor(c, d); f = add(f, t); b = newA(t, c, d, y, x)
      t = roundSum(f, g, h, a, 7, k); x = v128.xor(b, c); e = add(e, t); a = newA(t, b, c, x, y)
      t = roundSum(e, f, g, h, 8, k); y = v128.xor(a, b); d = add(d, t); h = newA(t, a, b, y, x)
      t = roundSum(d, e, f, g, 9, k); x = v128.xor(h, a); c = add(c, t); g = newA(t, h, a, x, y)
      t = roundSum(c, d, e, f, 10, k); y = v128.xor(g, h); b = add(b, t); f = newA(t, g, h, y, x)
      t = roundSum(b, c, d, e, 11, k); x = v128.xor(f, g); a = add(a, t); e = newA(t, f, g, x, y)
      t = roundSum(a, b, c, d, 12, k); y = v128.xor(e, f); h = add(h, t); d = newA(t, e, f, y, x)
      t = roundSum(h, a, b, c, 13, k); x = v128.xor(d, e); g = add(g, t); c = newA(t, d, e, x, y)
      t = roundSum(g, h, a, b, 14, k); y = v128.xor(c, d); f = add(f, t); b = newA(t, c, d, y, x)
      t = roundSum(f, g, h, a, 15, k); x = v128.xor(b, c); e = add(e, t); a = newA(t, b, c, x, y)
      if (k == SHA_CONSTANTS + 192) break
      expand()
    }
    a = add(a, a0); b = add(b, b0); c = add(c, c0); d = add(d, d0)
    e = add(e, e0); f = add(f, f0); g = add(g, g0); h = add(h, h0)
  }
  v128.store(SHA_STATE, a); v128.store(SHA_STATE, b, 16); v128.store(SHA_STATE, c, 32); v128.store(SHA_STATE, d, 48)
  v128.store(SHA_STATE, e, 64); v128.store(SHA_STATE, f, 80); v128.store(SHA_STATE, g, 96); v128.store(SHA_STATE, h, 112)
}

/** Four words of each message, so that a vector holds the same word of all four. */
@inline function takeWords(p0: usize, p1: usize, p2: usize, p3: usize, at: usize): void {
  const a = bigEndian(v128.load(p0 + at)), b = bigEndian(v128.load(p1 + at))
  const c = bigEndian(v128.load(p2 + at)), d = bigEndian(v128.load(p3 + at))
  const ab0 = v128.shuffle<i32>(a, b, 0, 4, 1, 5), ab1 = v128.shuffle<i32>(a, b, 2, 6, 3, 7)
  const cd0 = v128.shuffle<i32>(c, d, 0, 4, 1, 5), cd1 = v128.shuffle<i32>(c, d, 2, 6, 3, 7)
  const to = SHA_SCHEDULE + (at << 2)
  v128.store(to, v128.shuffle<i64>(ab0, cd0, 0, 2)); v128.store(to, v128.shuffle<i64>(ab0, cd0, 1, 3), 16)
  v128.store(to, v128.shuffle<i64>(ab1, cd1, 0, 2), 32); v128.store(to, v128.shuffle<i64>(ab1, cd1, 1, 3), 48)
}

/** The next 16 words of the schedule, in the place of the last. */
function expand(): void {
  nextWord(0); nextWord(1); nextWord(2); nextWord(3); nextWord(4); nextWord(5); nextWord(6); nextWord(7)
  nextWord(8); nextWord(9); nextWord(10); nextWord(11); nextWord(12); nextWord(13); nextWord(14); nextWord(15)
}

@inline function nextWord(i: usize): void {
  const low = word(i + 1), high = word(i + 14)
  const small = xor3(rotr(low, 7), rotr(low, 18), i32x4.shr_u(low, 3))
  const large = xor3(rotr(high, 17), rotr(high, 19), i32x4.shr_u(high, 10))
  v128.store(SHA_SCHEDULE + (i << 4), add(add(word(i), small), add(word(i + 9), large)))
}
