import { firstFreeAddress, openSums, type Sums } from '../../../wasm/sums.ts'

const largestPage = 32_768

interface PageSum {
  readonly pageSum: Sums['pageSum']
  /** room for one page */
  readonly words: Int32Array
}

/** One per thread, made at first use. */
let opened: PageSum | undefined

/**
 * Checksum of a data page, as src/include/storage/checksum_impl.h defines it: `wasm/assembly/page-checksum.ts` joins the
 * whole page into one sum, which is folded with the block number into one 16-bit value.
 *
 * `words`: little-endian words that begin with the page at `at`; `pageWords`: 2048 for 8 KiB; `block`: of the relation,
 * counted over all its files. Returns 1 to 65535.
 */
export function pageChecksum(words: Int32Array, at: number, pageWords: number, block: number): number {
  opened ??= openPageSum()
  const { pageSum, words: own } = opened
  own.set(words.subarray(at, at + pageWords))
  // The second half of word 2 (bytes 8 and 9) holds the checksum itself and counts as zero.
  own[2] = (own[2] ?? 0) & ~0xffff
  const joined = pageSum(firstFreeAddress, firstFreeAddress + 4 * pageWords)
  return (((joined ^ block) >>> 0) % 65_535) + 1
}

function openPageSum(): PageSum {
  const { sums, bytes } = openSums(largestPage)
  return { pageSum: sums.pageSum, words: new Int32Array(bytes.buffer, firstFreeAddress) }
}
