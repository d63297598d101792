/**
 * Checksums of data pages, as src/include/storage/checksum_impl.h defines them: 32 FNV-like sums run in parallel over
 * the page, two rows of zeros mix the last words, the sums and the block number are folded into one 16-bit value.
 */

const prime = 16_777_619
const lanes = 32

/** first values of the sums */
const offsets = Int32Array.of(
  0x5b1f36e9, 0xb8525960, 0x02ab50aa, 0x1de66d2a, 0x79ff467a, 0x9bb9f8a3, 0x217e7cd2, 0x83e13d2c,
  0xf8d4474f, 0xe39eb970, 0x42c6ae16, 0x993216fa, 0x7b093b5d, 0x98daff3c, 0xf718902a, 0x0b1c9cdb,
  0xe58f764b, 0x187636bc, 0x5d7b3bb1, 0xe73de7de, 0x92bec979, 0xcca6c0b2, 0x304a0979, 0x85aa43d4,
  0x783125bb, 0x6ca8eaa2, 0xe407eac6, 0x4b5cfc3e, 0x9fbf8c76, 0x15ca20be, 0xf2ca9fd3, 0x959bd756,
) // prettier-ignore

/**
 * `words`: little-endian words that begin with the page at `at`; `pageWords`: 2048 for 8 KiB; `block`: of the relation,
 * counted over all its files. Returns 1 to 65535. Four sums at a time, because each one waits for its own multiplication.
 */
export function pageChecksum(words: Int32Array, at: number, pageWords: number, block: number): number {
  // The second half of word 2 (bytes 8 and 9) holds the checksum itself and counts as zero.
  const holder = at + 2
  const saved = words[holder] ?? 0
  words[holder] = saved & ~0xffff
  const end = at + pageWords
  let folded = 0
  for (let lane = 0; lane < lanes; lane += 4) {
    let a = offsets[lane] ?? 0
    let b = offsets[lane + 1] ?? 0
    let c = offsets[lane + 2] ?? 0
    let d = offsets[lane + 3] ?? 0
    for (let i = at + lane; i < end; i += lanes) {
      const t = a ^ (words[i] ?? 0)
      a = Math.imul(t, prime) ^ (t >>> 17)
      const u = b ^ (words[i + 1] ?? 0)
      b = Math.imul(u, prime) ^ (u >>> 17)
      const v = c ^ (words[i + 2] ?? 0)
      c = Math.imul(v, prime) ^ (v >>> 17)
      const w = d ^ (words[i + 3] ?? 0)
      d = Math.imul(w, prime) ^ (w >>> 17)
    }
    folded ^= mixed(a) ^ mixed(b) ^ mixed(c) ^ mixed(d)
  }
  words[holder] = saved
  return (((folded ^ block) >>> 0) % 65_535) + 1
}

/** two further rows of zeros */
function mixed(sum: number): number {
  const once = Math.imul(sum, prime) ^ (sum >>> 17)
  return Math.imul(once, prime) ^ (once >>> 17)
}
