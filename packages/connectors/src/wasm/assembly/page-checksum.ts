// Checksums of data pages, as src/include/storage/checksum_impl.h of PostgreSQL defines them: 32 FNV-like sums run in
// parallel over the page, two rows of zeros mix the last words, and the sums are joined.
import { keptConstant } from './kept-constant'

@inline function mixed(x: v128, prime: v128): v128 {
  return v128.xor(i32x4.mul(x, prime), i32x4.shr_u(x, 17))
}

/** The 32 sums of the page from `at` to `end`, joined into one; its own checksum must have been set to zero. */
export function pageSum(at: usize, end: usize): u32 {
  const prime = keptConstant(16777619)
  let a = i32x4(0x5b1f36e9, 0xb8525960, 0x02ab50aa, 0x1de66d2a), b = i32x4(0x79ff467a, 0x9bb9f8a3, 0x217e7cd2, 0x83e13d2c)
  let c = i32x4(0xf8d4474f, 0xe39eb970, 0x42c6ae16, 0x993216fa), d = i32x4(0x7b093b5d, 0x98daff3c, 0xf718902a, 0x0b1c9cdb)
  let e = i32x4(0xe58f764b, 0x187636bc, 0x5d7b3bb1, 0xe73de7de), f = i32x4(0x92bec979, 0xcca6c0b2, 0x304a0979, 0x85aa43d4)
  let g = i32x4(0x783125bb, 0x6ca8eaa2, 0xe407eac6, 0x4b5cfc3e), h = i32x4(0x9fbf8c76, 0x15ca20be, 0xf2ca9fd3, 0x959bd756)
  for (; at < end; at += 128) {
    a = mixed(v128.xor(a, v128.load(at)), prime); b = mixed(v128.xor(b, v128.load(at, 16)), prime)
    c = mixed(v128.xor(c, v128.load(at, 32)), prime); d = mixed(v128.xor(d, v128.load(at, 48)), prime)
    e = mixed(v128.xor(e, v128.load(at, 64)), prime); f = mixed(v128.xor(f, v128.load(at, 80)), prime)
    g = mixed(v128.xor(g, v128.load(at, 96)), prime); h = mixed(v128.xor(h, v128.load(at, 112)), prime)
  }
  a = mixed(mixed(a, prime), prime); b = mixed(mixed(b, prime), prime); c = mixed(mixed(c, prime), prime); d = mixed(mixed(d, prime), prime)
  e = mixed(mixed(e, prime), prime); f = mixed(mixed(f, prime), prime); g = mixed(mixed(g, prime), prime); h = mixed(mixed(h, prime), prime)
  const all = v128.xor(v128.xor(v128.xor(a, b), v128.xor(c, d)), v128.xor(v128.xor(e, f), v128.xor(g, h)))
  return i32x4.extract_lane(all, 0) ^ i32x4.extract_lane(all, 1) ^ i32x4.extract_lane(all, 2) ^ i32x4.extract_lane(all, 3)
}
