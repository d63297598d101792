// Poly1305 (RFC 8439 §2.5) with 26-bit limbs. Long messages are absorbed four blocks at a time: block i of each group
// is multiplied by r⁴ in its own 32-bit lane, and the four lanes are joined with r⁴, r³, r², r at the end.
import { POLY_POWERS, POLY_SCRATCH, POLY_STATE } from './layout'

const LIMB: u64 = 0x3ffffff

@inline function power(exponent: i32): usize {
  return POLY_POWERS + <usize>(exponent - 1) * 40
}

/** target = a × b mod 2¹³⁰ − 5, all as five limbs. */
function multiply(target: usize, a: usize, b: usize): void {
  const a0 = load<u64>(a), a1 = load<u64>(a, 8), a2 = load<u64>(a, 16), a3 = load<u64>(a, 24), a4 = load<u64>(a, 32)
  const b0 = load<u64>(b), b1 = load<u64>(b, 8), b2 = load<u64>(b, 16), b3 = load<u64>(b, 24), b4 = load<u64>(b, 32)
  const c1 = b1 * 5, c2 = b2 * 5, c3 = b3 * 5, c4 = b4 * 5
  let d0 = a0 * b0 + a1 * c4 + a2 * c3 + a3 * c2 + a4 * c1
  let d1 = a0 * b1 + a1 * b0 + a2 * c4 + a3 * c3 + a4 * c2
  let d2 = a0 * b2 + a1 * b1 + a2 * b0 + a3 * c4 + a4 * c3
  let d3 = a0 * b3 + a1 * b2 + a2 * b1 + a3 * b0 + a4 * c4
  let d4 = a0 * b4 + a1 * b3 + a2 * b2 + a3 * b1 + a4 * b0
  d1 += d0 >> 26; d0 &= LIMB
  d2 += d1 >> 26; d1 &= LIMB
  d3 += d2 >> 26; d2 &= LIMB
  d4 += d3 >> 26; d3 &= LIMB
  d0 += (d4 >> 26) * 5; d4 &= LIMB
  d1 += d0 >> 26; d0 &= LIMB
  store<u64>(target, d0); store<u64>(target, d1, 8); store<u64>(target, d2, 16); store<u64>(target, d3, 24); store<u64>(target, d4, 32)
}

/** Takes the 16 bytes of r at `r`, clamps them, and prepares their powers. */
export function setPolyKey(r: usize): void {
  const low = load<u64>(r) & 0x0ffffffc0fffffff
  const high = load<u64>(r, 8) & 0x0ffffffc0ffffffc
  const one = power(1)
  store<u64>(one, low & LIMB)
  store<u64>(one, (low >> 26) & LIMB, 8)
  store<u64>(one, ((low >> 52) | (high << 12)) & LIMB, 16)
  store<u64>(one, (high >> 14) & LIMB, 24)
  store<u64>(one, high >> 40, 32)
  for (let i = 2; i <= 4; i++) multiply(power(i), power(i - 1), one)
}

export function polyStart(): void {
  memory.fill(POLY_STATE, 0, 40)
}

/** Absorbs `length` bytes; a length that is no multiple of 16 is allowed for the last call only. */
export function polyUpdate(at: usize, length: usize): void {
  if (length >= 256) {
    const groups = length >> 6
    absorbGroups(at, groups)
    at += groups << 6
    length -= groups << 6
  }
  absorbBlocks(at, length)
}

function absorbBlocks(at: usize, length: usize): void {
  let h0 = load<u64>(POLY_STATE), h1 = load<u64>(POLY_STATE, 8), h2 = load<u64>(POLY_STATE, 16), h3 = load<u64>(POLY_STATE, 24), h4 = load<u64>(POLY_STATE, 32)
  const r = power(1)
  const r0 = load<u64>(r), r1 = load<u64>(r, 8), r2 = load<u64>(r, 16), r3 = load<u64>(r, 24), r4 = load<u64>(r, 32)
  const s1 = r1 * 5, s2 = r2 * 5, s3 = r3 * 5, s4 = r4 * 5
  while (length > 0) {
    let top: u64 = 1 << 24
    if (length < 16) {
      store<u64>(POLY_SCRATCH, 0)
      store<u64>(POLY_SCRATCH, 0, 8)
      memory.copy(POLY_SCRATCH, at, length)
      store<u8>(POLY_SCRATCH + length, 1)
      at = POLY_SCRATCH
      top = 0
      length = 16
    }
    const low = load<u64>(at), high = load<u64>(at, 8)
    at += 16
    length -= 16
    h0 += low & LIMB
    h1 += (low >> 26) & LIMB
    h2 += ((low >> 52) | (high << 12)) & LIMB
    h3 += (high >> 14) & LIMB
    h4 += (high >> 40) | top
    let d0 = h0 * r0 + h1 * s4 + h2 * s3 + h3 * s2 + h4 * s1
    let d1 = h0 * r1 + h1 * r0 + h2 * s4 + h3 * s3 + h4 * s2
    let d2 = h0 * r2 + h1 * r1 + h2 * r0 + h3 * s4 + h4 * s3
    let d3 = h0 * r3 + h1 * r2 + h2 * r1 + h3 * r0 + h4 * s4
    let d4 = h0 * r4 + h1 * r3 + h2 * r2 + h3 * r1 + h4 * r0
    d1 += d0 >> 26; h0 = d0 & LIMB
    d2 += d1 >> 26; h1 = d1 & LIMB
    d3 += d2 >> 26; h2 = d2 & LIMB
    d4 += d3 >> 26; h3 = d3 & LIMB
    h0 += (d4 >> 26) * 5; h4 = d4 & LIMB
    h1 += h0 >> 26; h0 &= LIMB
  }
  store<u64>(POLY_STATE, h0); store<u64>(POLY_STATE, h1, 8); store<u64>(POLY_STATE, h2, 16); store<u64>(POLY_STATE, h3, 24); store<u64>(POLY_STATE, h4, 32)
}

@inline function splat(x: u64): v128 { return i32x4.splat(<i32>x) }
@inline function low2(a: v128, b: v128): v128 { return v128.extmul_low<u32>(a, b) }
@inline function high2(a: v128, b: v128): v128 { return v128.extmul_high<u32>(a, b) }
@inline function sum(a: v128, b: v128): v128 { return i64x2.add(a, b) }
@inline function sum5(a: v128, b: v128, c: v128, d: v128, e: v128): v128 { return sum(sum(sum(a, b), sum(c, d)), e) }
@inline function times5(a: v128): v128 { return sum(a, i64x2.shl(a, 2)) }
/** Limbs of blocks 0/1 in the low halves and of blocks 2/3 in the high halves: lanes hold blocks 0, 2, 1, 3. */
@inline function interleave(first: v128, second: v128): v128 { return v128.or(first, i64x2.shl(second, 32)) }

function absorbGroups(at: usize, groups: usize): void {
  const r = power(4)
  const r0 = splat(load<u64>(r)), r1 = splat(load<u64>(r, 8)), r2 = splat(load<u64>(r, 16)), r3 = splat(load<u64>(r, 24)), r4 = splat(load<u64>(r, 32))
  const s1 = splat(load<u64>(r, 8) * 5), s2 = splat(load<u64>(r, 16) * 5), s3 = splat(load<u64>(r, 24) * 5), s4 = splat(load<u64>(r, 32) * 5)
  const mask = i64x2.splat(<i64>LIMB), top = i32x4.splat(1 << 24), none = i32x4.splat(0)
  let h0 = i32x4.replace_lane(none, 0, <i32>load<u64>(POLY_STATE))
  let h1 = i32x4.replace_lane(none, 0, <i32>load<u64>(POLY_STATE, 8))
  let h2 = i32x4.replace_lane(none, 0, <i32>load<u64>(POLY_STATE, 16))
  let h3 = i32x4.replace_lane(none, 0, <i32>load<u64>(POLY_STATE, 24))
  let h4 = i32x4.replace_lane(none, 0, <i32>load<u64>(POLY_STATE, 32))
  const last = at + ((groups - 1) << 6)
  while (true) {
    const m0 = v128.load(at), m1 = v128.load(at, 16), m2 = v128.load(at, 32), m3 = v128.load(at, 48)
    const lowA = v128.shuffle<u64>(m0, m1, 0, 2), highA = v128.shuffle<u64>(m0, m1, 1, 3)
    const lowB = v128.shuffle<u64>(m2, m3, 0, 2), highB = v128.shuffle<u64>(m2, m3, 1, 3)
    h0 = i32x4.add(h0, interleave(v128.and(lowA, mask), v128.and(lowB, mask)))
    h1 = i32x4.add(h1, interleave(v128.and(i64x2.shr_u(lowA, 26), mask), v128.and(i64x2.shr_u(lowB, 26), mask)))
    h2 = i32x4.add(h2, interleave(v128.and(v128.or(i64x2.shr_u(lowA, 52), i64x2.shl(highA, 12)), mask), v128.and(v128.or(i64x2.shr_u(lowB, 52), i64x2.shl(highB, 12)), mask)))
    h3 = i32x4.add(h3, interleave(v128.and(i64x2.shr_u(highA, 14), mask), v128.and(i64x2.shr_u(highB, 14), mask)))
    h4 = i32x4.add(h4, v128.or(interleave(i64x2.shr_u(highA, 40), i64x2.shr_u(highB, 40)), top))
    if (at >= last) break
    at += 64
    let a0 = sum5(low2(h0, r0), low2(h1, s4), low2(h2, s3), low2(h3, s2), low2(h4, s1))
    let b0 = sum5(high2(h0, r0), high2(h1, s4), high2(h2, s3), high2(h3, s2), high2(h4, s1))
    let a1 = sum5(low2(h0, r1), low2(h1, r0), low2(h2, s4), low2(h3, s3), low2(h4, s2))
    let b1 = sum5(high2(h0, r1), high2(h1, r0), high2(h2, s4), high2(h3, s3), high2(h4, s2))
    let a2 = sum5(low2(h0, r2), low2(h1, r1), low2(h2, r0), low2(h3, s4), low2(h4, s3))
    let b2 = sum5(high2(h0, r2), high2(h1, r1), high2(h2, r0), high2(h3, s4), high2(h4, s3))
    let a3 = sum5(low2(h0, r3), low2(h1, r2), low2(h2, r1), low2(h3, r0), low2(h4, s4))
    let b3 = sum5(high2(h0, r3), high2(h1, r2), high2(h2, r1), high2(h3, r0), high2(h4, s4))
    let a4 = sum5(low2(h0, r4), low2(h1, r3), low2(h2, r2), low2(h3, r1), low2(h4, r0))
    let b4 = sum5(high2(h0, r4), high2(h1, r3), high2(h2, r2), high2(h3, r1), high2(h4, r0))
    // carries in two interleaved chains: 3→4→0→1 and 0→1→2→3→4
    a4 = sum(a4, i64x2.shr_u(a3, 26)); a3 = v128.and(a3, mask); a1 = sum(a1, i64x2.shr_u(a0, 26)); a0 = v128.and(a0, mask)
    b4 = sum(b4, i64x2.shr_u(b3, 26)); b3 = v128.and(b3, mask); b1 = sum(b1, i64x2.shr_u(b0, 26)); b0 = v128.and(b0, mask)
    a0 = sum(a0, times5(i64x2.shr_u(a4, 26))); a4 = v128.and(a4, mask); a2 = sum(a2, i64x2.shr_u(a1, 26)); a1 = v128.and(a1, mask)
    b0 = sum(b0, times5(i64x2.shr_u(b4, 26))); b4 = v128.and(b4, mask); b2 = sum(b2, i64x2.shr_u(b1, 26)); b1 = v128.and(b1, mask)
    a3 = sum(a3, i64x2.shr_u(a2, 26)); a2 = v128.and(a2, mask); a1 = sum(a1, i64x2.shr_u(a0, 26)); a0 = v128.and(a0, mask)
    b3 = sum(b3, i64x2.shr_u(b2, 26)); b2 = v128.and(b2, mask); b1 = sum(b1, i64x2.shr_u(b0, 26)); b0 = v128.and(b0, mask)
    a4 = sum(a4, i64x2.shr_u(a3, 26)); a3 = v128.and(a3, mask)
    b4 = sum(b4, i64x2.shr_u(b3, 26)); b3 = v128.and(b3, mask)
    h0 = v128.shuffle<u32>(a0, b0, 0, 2, 4, 6)
    h1 = v128.shuffle<u32>(a1, b1, 0, 2, 4, 6)
    h2 = v128.shuffle<u32>(a2, b2, 0, 2, 4, 6)
    h3 = v128.shuffle<u32>(a3, b3, 0, 2, 4, 6)
    h4 = v128.shuffle<u32>(a4, b4, 0, 2, 4, 6)
  }
  joinLanes(h0, h1, h2, h3, h4)
}

/** State = Σ lane(block k) × r^(4−k). */
function joinLanes(h0: v128, h1: v128, h2: v128, h3: v128, h4: v128): void {
  const limbs = POLY_SCRATCH + 64, product = POLY_SCRATCH + 144
  v128.store(limbs, h0); v128.store(limbs, h1, 16); v128.store(limbs, h2, 32); v128.store(limbs, h3, 48); v128.store(limbs, h4, 64)
  let t0: u64 = 0, t1: u64 = 0, t2: u64 = 0, t3: u64 = 0, t4: u64 = 0
  for (let lane = 0; lane < 4; lane++) {
    const block = lane == 1 ? 2 : lane == 2 ? 1 : lane
    for (let i: usize = 0; i < 5; i++) store<u64>(product + i * 8, <u64>load<u32>(limbs + <usize>lane * 4 + i * 16))
    multiply(product, product, power(4 - block))
    t0 += load<u64>(product); t1 += load<u64>(product, 8); t2 += load<u64>(product, 16); t3 += load<u64>(product, 24); t4 += load<u64>(product, 32)
  }
  t1 += t0 >> 26; t0 &= LIMB
  t2 += t1 >> 26; t1 &= LIMB
  t3 += t2 >> 26; t2 &= LIMB
  t4 += t3 >> 26; t3 &= LIMB
  t0 += (t4 >> 26) * 5; t4 &= LIMB
  t1 += t0 >> 26; t0 &= LIMB
  store<u64>(POLY_STATE, t0); store<u64>(POLY_STATE, t1, 8); store<u64>(POLY_STATE, t2, 16); store<u64>(POLY_STATE, t3, 24); store<u64>(POLY_STATE, t4, 32)
}

/** Writes the 16-byte tag: (state mod 2¹³⁰ − 5) + s. `s` is the address of the 16-byte one-time value. */
export function polyFinish(s: usize, tag: usize): void {
  let h0 = load<u64>(POLY_STATE), h1 = load<u64>(POLY_STATE, 8), h2 = load<u64>(POLY_STATE, 16), h3 = load<u64>(POLY_STATE, 24), h4 = load<u64>(POLY_STATE, 32)
  h1 += h0 >> 26; h0 &= LIMB
  h2 += h1 >> 26; h1 &= LIMB
  h3 += h2 >> 26; h2 &= LIMB
  h4 += h3 >> 26; h3 &= LIMB
  h0 += (h4 >> 26) * 5; h4 &= LIMB
  h1 += h0 >> 26; h0 &= LIMB
  // subtract the modulus when the value is not below it
  let g0 = h0 + 5
  let g1 = h1 + (g0 >> 26); g0 &= LIMB
  let g2 = h2 + (g1 >> 26); g1 &= LIMB
  let g3 = h3 + (g2 >> 26); g2 &= LIMB
  const g4 = h4 + (g3 >> 26) - (1 << 26); g3 &= LIMB
  if (g4 >> 63 == 0) { h0 = g0; h1 = g1; h2 = g2; h3 = g3; h4 = g4 & LIMB }
  const low = h0 | (h1 << 26) | (h2 << 52)
  const high = (h2 >> 12) | (h3 << 14) | (h4 << 40)
  const sLow = load<u64>(s)
  const tagLow = low + sLow
  store<u64>(tag, tagLow)
  store<u64>(tag, high + load<u64>(s, 8) + (tagLow < low ? 1 : 0), 8)
}

/** Tag of a whole message that lies in memory. */
export function poly1305(at: usize, length: usize, s: usize, tag: usize): void {
  polyStart()
  polyUpdate(at, length)
  polyFinish(s, tag)
}
