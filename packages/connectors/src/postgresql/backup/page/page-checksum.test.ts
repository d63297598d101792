import { describe, expect, it } from 'vitest'
import { pageChecksum } from './page-checksum.ts'

/** word i is (i + 1) × 2654435761 modulo 2³² */
const largest = Int32Array.from({ length: 8192 }, (_word, index) => Math.imul(index + 1, 0x9e37_79b1))
const page = largest.slice(0, 2048)

describe('pageChecksum', () => {
  it('is what the definition gives, calculated one sum after the other, for pages of 1, 8 and 32 KiB', () => {
    expect(pageChecksum(largest, 0, 256, 0)).toBe(10_433)
    expect(pageChecksum(largest, 0, 2048, 5)).toBe(51_381)
    expect(pageChecksum(largest, 0, 8192, 0xffff_ffff)).toBe(25_161)
  })

  it('depends on every word but the checksum itself', () => {
    const before = pageChecksum(page, 0, 2048, 5)
    for (const index of [0, 1, 3, 31, 32, 63, 64, 1000, 2047]) {
      const other = Int32Array.from(page)
      other[index] = (other[index] ?? 0) ^ 1
      expect(pageChecksum(other, 0, 2048, 5), `word ${index}`).not.toBe(before)
    }
    const other = Int32Array.from(page)
    other[2] = (other[2] ?? 0) ^ 0xabcd
    expect(pageChecksum(other, 0, 2048, 5)).toBe(before)
    other[2] = (other[2] ?? 0) ^ 0x1_0000
    expect(pageChecksum(other, 0, 2048, 5)).not.toBe(before)
  })

  it('depends on the block, lies from 1 to 65535, and leaves the page as it was', () => {
    const copy = Int32Array.from(page)
    const sums = Array.from({ length: 1000 }, (_sum, block) => pageChecksum(copy, 0, 2048, block))
    expect(new Set(sums).size).toBeGreaterThan(900)
    expect(Math.min(...sums)).toBeGreaterThanOrEqual(1)
    expect(Math.max(...sums)).toBeLessThanOrEqual(65_535)
    expect(copy).toEqual(page)
  })

  it('is that of the page that begins at the given word', () => {
    const two = new Int32Array(4096)
    two.set(page, 2048)
    expect(pageChecksum(two, 2048, 2048, 9)).toBe(pageChecksum(page, 0, 2048, 9))
  })
})
