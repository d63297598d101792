/*
 * A sum of bytes is the remainder of a polynomial, and a block of 128 bytes has the same remainder as other 128 bytes further
 * on: it is folded forward, on the next block, and so on until one block is left that stands for all. As one would with
 * carry-less multiplication, which WebAssembly does not have; what it has is a look-up of 16 nibbles at once.
 *
 * The block is eight vectors, and four bytes that lie 32 apart are folded together, because four bytes hold a
 * remainder of 32 bits. They can be any four whose 32 bits have independent remainders: bytes that lie 1, 32 or 64 apart
 * have, 2 to 16 have not. So nothing needs to be moved: the bytes of one row lie in the same places of one vector. Each
 * nibble of the four gives four bytes, by 32 tables.
 */
import { firstFreeAddress, openSums, type Sums } from '../wasm/sums.ts'
import { crc32cAfterZeros } from './crc32c-table.ts'

const rows = 4
const rowBytes = 32
const nibbles = 2

/** What is folded has a multiple of this length. */
export const foldedBytes = rows * rowBytes
export const mostFoldedBytes = 64 * 1024

const tableBytes = 16

/** where the table lies that gives byte `to` for a nibble of byte `from`, behind the first one */
const tableAt = (to: number, from: number, nibble: number): number =>
  ((to * rows + from) * nibbles + nibble) * tableBytes

export class Crc32cFolding {
  readonly #sums: Sums
  readonly #input: Uint8Array
  readonly #result: Uint8Array

  constructor() {
    const { sums, bytes } = openSums(mostFoldedBytes)
    const { foldingTables, foldedBlock } = sums
    this.#sums = sums
    this.#input = bytes.subarray(firstFreeAddress)
    this.#result = bytes.subarray(foldedBlock.value, foldedBlock.value + foldedBytes)
    writeTables(bytes.subarray(foldingTables.value))
  }

  /** The block that has the same sum as `bytes` behind what gave `crc` (not inverted). Valid until the next call. */
  fold(bytes: Uint8Array, crc: number): Uint8Array {
    const input = this.#input
    input.set(bytes)
    for (let i = 0; i < 4; i++) input[i] = (input[i] ?? 0) ^ (crc >>> (8 * i))
    this.#sums.fold(firstFreeAddress, firstFreeAddress + bytes.length)
    return this.#result
  }
}

/** Each table is linear, so that those of single bits make it. */
function writeTables(tables: Uint8Array): void {
  const folded = foldedBits()
  for (let to = 0; to < rows; to++) {
    for (let from = 0; from < rows; from++) {
      for (let nibble = 0; nibble < nibbles; nibble++) {
        for (let value = 0; value < tableBytes; value++) {
          let bits = 0
          for (let bit = 0; bit < 4; bit++) {
            if (((value >> bit) & 1) === 1) bits ^= folded[from * 8 + nibble * 4 + bit] ?? 0
          }
          tables[tableAt(to, from, nibble) + value] = bits >>> (8 * to)
        }
      }
    }
  }
}

/** For each of the 32 bits of four bytes: the 32 bits that have the same sum a block further on. */
function foldedBits(): number[] {
  // what each bit adds to the sum at the block's end, but for what all have in common
  const sums = Array.from({ length: 8 * rows }, (_, i) =>
    crc32cAfterZeros(2 ** (i % 8), 8 * rowBytes * (rows - 1 - Math.floor(i / 8))),
  )
  // Gaussian elimination: sums with different highest bits, and the bits of which each is made
  const independent: { sum: number; bits: number }[] = []
  const bitsOf = (wanted: number): { sum: number; bits: number } => {
    let left = { sum: wanted, bits: 0 }
    for (const each of independent) {
      const without = (left.sum ^ each.sum) >>> 0
      if (without < left.sum) left = { sum: without, bits: left.bits ^ each.bits }
    }
    return left
  }
  for (const [i, wanted] of sums.entries()) {
    const rest = bitsOf(wanted)
    independent.push({ sum: rest.sum, bits: rest.bits ^ (1 << i) })
    independent.sort((a, b) => b.sum - a.sum)
  }
  return sums.map((each) => bitsOf(crc32cAfterZeros(each, 8 * foldedBytes)).bits)
}
