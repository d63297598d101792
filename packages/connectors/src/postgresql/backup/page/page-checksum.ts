/**
 * Checksums of data pages, as src/include/storage/checksum_impl.h defines them: 32 FNV-like sums run in parallel over
 * the page, two rows of zeros mix the last words, the sums and the block number are folded into one 16-bit value.
 */
import {
  add,
  type Code,
  fillWords,
  get,
  integer,
  isLess,
  load,
  multiplyWords,
  set,
  shiftWords,
  whileTrue,
  word,
  xor,
  xorIntegers,
} from '../../../wasm/vector-code.ts'
import { makeVectorFunction, type VectorFunction } from '../../../wasm/vector-function.ts'

const prime = 16_777_619

/** first values of the sums */
const offsets = Int32Array.of(
  0x5b1f36e9, 0xb8525960, 0x02ab50aa, 0x1de66d2a, 0x79ff467a, 0x9bb9f8a3, 0x217e7cd2, 0x83e13d2c,
  0xf8d4474f, 0xe39eb970, 0x42c6ae16, 0x993216fa, 0x7b093b5d, 0x98daff3c, 0xf718902a, 0x0b1c9cdb,
  0xe58f764b, 0x187636bc, 0x5d7b3bb1, 0xe73de7de, 0x92bec979, 0xcca6c0b2, 0x304a0979, 0x85aa43d4,
  0x783125bb, 0x6ca8eaa2, 0xe407eac6, 0x4b5cfc3e, 0x9fbf8c76, 0x15ca20be, 0xf2ca9fd3, 0x959bd756,
) // prettier-ignore

const largestPage = 32_768
const vectorBytes = 16
const pageAt = offsets.byteLength

interface PageSum {
  readonly call: VectorFunction['call']
  readonly words: Int32Array
}

/** One per thread, made at first use. */
let opened: PageSum | undefined

/**
 * `words`: little-endian words that begin with the page at `at`; `pageWords`: 2048 for 8 KiB; `block`: of the relation,
 * counted over all its files. Returns 1 to 65535.
 */
export function pageChecksum(words: Int32Array, at: number, pageWords: number, block: number): number {
  opened ??= openPageSum()
  const { call, words: own } = opened
  const page = pageAt / 4
  own.set(words.subarray(at, at + pageWords), page)
  // The second half of word 2 (bytes 8 and 9) holds the checksum itself and counts as zero.
  own[page + 2] = (own[page + 2] ?? 0) & ~0xffff
  const folded = call(pageAt, pageAt + 4 * pageWords)
  return (((folded ^ block) >>> 0) % 65_535) + 1
}

/**
 * To be called in the main thread before others check pages: they share what V8 compiled, and V8 (13.6, in Node 24) ends the
 * process now and then when that is freed with a thread while it is still being optimised.
 */
export function keepPageChecksum(): void {
  opened ??= openPageSum()
}

function openPageSum(): PageSum {
  const code = pageSumCode()
  const { bytes, call } = makeVectorFunction({ vectors: factor - 1, code, memoryBytes: pageAt + largestPage })
  const words = new Int32Array(bytes.buffer)
  words.set(offsets)
  return { call, words }
}

const [at, end] = [0, 1]
const sums = Array.from({ length: offsets.byteLength / vectorBytes }, (_, i) => ({
  local: 2 + i,
  place: i * vectorBytes,
}))
const mixed = 2 + sums.length
const factor = mixed + 1

/** The 32 sums of the page from `at` to `end`, folded into one. */
function pageSumCode(): Code {
  const twoRowsOfZeros = [...sums, ...sums].flatMap(({ local }) => [...set(mixed, get(local)), ...mix(local)])
  const all = sums.map(({ local }) => get(local)).reduce(xor)
  return [
    ...set(factor, fillWords(prime)),
    ...sums.flatMap(({ local, place }) => set(local, load(integer(0), place))),
    ...whileTrue(isLess(get(at), get(end)), [
      ...sums.flatMap(({ local, place }) => [...set(mixed, xor(get(local), load(get(at), place))), ...mix(local)]),
      ...set(at, add(get(at), integer(offsets.byteLength))),
    ]),
    ...twoRowsOfZeros,
    ...set(mixed, all),
    ...[0, 1, 2, 3].map((lane) => word(get(mixed), lane)).reduce(xorIntegers),
  ]
}

function mix(sum: number): Code {
  return set(sum, xor(multiplyWords(get(mixed), get(factor)), shiftWords(get(mixed), 17)))
}
