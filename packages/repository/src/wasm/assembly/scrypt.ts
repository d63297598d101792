// scryptROMix (RFC 7914 §5) for one lane: the memory-hard middle of scrypt. The words of each 64-byte block are kept in
// the order in which the diagonals of Salsa20's matrix are four vectors, so that no round has to gather them.

@inline function shiftLanes(x: v128): v128 { return v128.shuffle<i32>(x, x, 3, 0, 1, 2) }
@inline function swapPairs(x: v128): v128 { return v128.shuffle<i32>(x, x, 2, 3, 0, 1) }
@inline function shiftBack(x: v128): v128 { return v128.shuffle<i32>(x, x, 1, 2, 3, 0) }
@inline function xorRotated(x: v128, sum: v128, bits: i32): v128 {
  return v128.xor(v128.xor(x, i32x4.shl(sum, bits)), i32x4.shr_u(sum, 32 - bits))
}

/**
 * scryptBlockMix with Salsa20/8, of `source`, or of `source` xor `other`. Even blocks go to the first half of `target`, odd
 * ones to the second. A function of its own, so that it is optimised while the long loop around it runs.
 */
function blockMix(source: usize, other: usize, target: usize, blocks: usize): void {
  let at = (blocks - 1) << 6
  let a = mixed(source, other, at), b = mixed(source, other, at + 16), c = mixed(source, other, at + 32), d = mixed(source, other, at + 48)
  for (let i: usize = 0; i < blocks; i++) {
    at = i << 6
    const a0 = v128.xor(a, mixed(source, other, at)), b0 = v128.xor(b, mixed(source, other, at + 16))
    const c0 = v128.xor(c, mixed(source, other, at + 32)), d0 = v128.xor(d, mixed(source, other, at + 48))
    a = a0; b = b0; c = c0; d = d0
    for (let round = 0; round < 8; round += 2) {
      b = xorRotated(b, i32x4.add(a, d), 7)
      c = xorRotated(c, i32x4.add(b, a), 9)
      d = xorRotated(d, i32x4.add(c, b), 13)
      a = xorRotated(a, i32x4.add(d, c), 18)
      b = shiftLanes(b); c = swapPairs(c); d = shiftBack(d)
      d = xorRotated(d, i32x4.add(a, b), 7)
      c = xorRotated(c, i32x4.add(d, a), 9)
      b = xorRotated(b, i32x4.add(c, d), 13)
      a = xorRotated(a, i32x4.add(b, c), 18)
      b = shiftBack(b); c = swapPairs(c); d = shiftLanes(d)
    }
    a = i32x4.add(a, a0); b = i32x4.add(b, b0); c = i32x4.add(c, c0); d = i32x4.add(d, d0)
    const out = target + (((i >> 1) + (i & 1) * (blocks >> 1)) << 6)
    v128.store(out, a); v128.store(out, b, 16); v128.store(out, c, 32); v128.store(out, d, 48)
  }
}

@inline function mixed(source: usize, other: usize, at: usize): v128 {
  return v128.xor(v128.load(source + at), v128.load(other + at))
}

/** Word i of a block is word 5i mod 16 of RFC 7914's. */
function reorder(from: usize, to: usize, blocks: usize, back: bool): void {
  for (let block: usize = 0; block < blocks << 6; block += 64) {
    for (let i: usize = 0; i < 16; i++) {
      const one = block + (i << 2), five = block + (((5 * i) & 15) << 2)
      if (back) store<u32>(to + five, load<u32>(from + one))
      else store<u32>(to + one, load<u32>(from + five))
    }
  }
}

/** Mixes the 128·r bytes at `lane` in place; `work` has room for 128·r·(n + 2) bytes; n is a power of two. */
export function scryptRoMix(lane: usize, work: usize, r: usize, n: usize): void {
  const size = r << 7, blocks = r << 1
  const x = work + n * size, zero = x + size
  memory.fill(zero, 0, size)
  reorder(lane, work, blocks, false)
  for (let i: usize = 1; i < n; i++) blockMix(work + (i - 1) * size, zero, work + i * size, blocks)
  blockMix(work + (n - 1) * size, zero, x, blocks)
  let from = x, to = zero
  for (let i: usize = 0; i < n; i++) {
    const j = load<u32>(from + size - 64) & <u32>(n - 1)
    blockMix(from, work + <usize>j * size, to, blocks)
    const last = from
    from = to
    to = last
  }
  reorder(from, lane, blocks, true)
}
