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
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(300), fc.nat(8), (bytes, cut, offset) => {
        const placed = new Uint8Array(bytes.length + offset).subarray(offset)
        placed.set(bytes)
        expect(crc32c(placed.subarray(cut), crc32c(placed.subarray(0, cut)))).toBe(slow(bytes))
      }),
    )
  })
})
