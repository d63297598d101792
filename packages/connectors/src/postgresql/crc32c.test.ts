import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { crc32c } from './crc32c.ts'

const filled = (byte: number): Uint8Array => new Uint8Array(32).fill(byte)

/** bit by bit, as the polynomial says */
function slow(bytes: Uint8Array): number {
  let crc = 0xffff_ffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >>> 1) ^ 0x82f6_3b78 : crc >>> 1
  }
  return ~crc >>> 0
}

describe('crc32c', () => {
  it('gives the values of RFC 3720, appendix B.4', () => {
    expect(crc32c(filled(0))).toBe(0x8a91_36aa)
    expect(crc32c(filled(0xff))).toBe(0x62a8_ab43)
    expect(crc32c(Uint8Array.from({ length: 32 }, (_byte, index) => index))).toBe(0x46dd_794e)
    expect(crc32c(Uint8Array.from({ length: 32 }, (_byte, index) => 31 - index))).toBe(0x113f_db5c)
    expect(crc32c(new TextEncoder().encode('123456789'))).toBe(0xe306_9283)
  })

  it('is the same however the bytes are divided, and wherever they lie in memory', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 900, size: 'max' }), fc.nat(900), fc.nat(8), (bytes, cut, offset) => {
        const placed = new Uint8Array(bytes.length + offset).subarray(offset)
        placed.set(bytes)
        expect(crc32c(placed.subarray(cut), crc32c(placed.subarray(0, cut)))).toBe(slow(bytes))
      }),
    )
  })

  it('notices each changed bit of what is folded', () => {
    const bytes = Uint8Array.from({ length: 384 }, (_byte, index) => index * 7)
    const sums = new Set([crc32c(bytes)])
    for (let bit = 0; bit < 8 * bytes.length; bit++) {
      const changed = bytes.with(bit >>> 3, (bytes[bit >>> 3] ?? 0) ^ (1 << (bit & 7)))
      sums.add(crc32c(changed))
    }
    expect(sums.size).toBe(1 + 8 * bytes.length)
  })

  it('is right for more than is folded at once, of any length', () => {
    const bytes = Uint8Array.from({ length: 200_000 }, (_byte, index) => (index * index) >>> 5)
    for (const length of [65_535, 65_536, 65_537, 65_536 + 128, 131_073, 200_000]) {
      const part = bytes.subarray(0, length)
      expect(crc32c(part)).toBe(slow(part))
    }
  })
})
