import { sealOverheadBytes } from '../format/seal-overhead.ts'
import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { createMasterKey } from '../format/create-master-key.ts'
import { open, seal } from '../format/crypto.ts'
import { Arena } from './arena.ts'
import { ArenaCipher } from './arena-cipher.ts'
import { sha256 } from './sha256.ts'

const key = createMasterKey()
const arena = new Arena(8 << 20)
const cipher = new ArenaCipher(arena, key, 131072)
const [area, target] = [arena.reserve(3 << 20), arena.reserve(3 << 20)]
/** around a block, the batch limit, a slice of the cipher, and a large blob */
const lengths = [0, 1, 15, 16, 17, 4096, 16383, 16384, 16385, 131071, 131072, 131073, 1_000_003]

function put(bytes: Uint8Array, at: number): void {
  arena.bytes.set(bytes, at)
}

describe('sealing in the arena', () => {
  test.each(lengths)('gives what the format layer opens, and opens what it seals: %i bytes', (length) => {
    const text = randomBytes(length)
    put(text, area + 16)
    cipher.seal(area, length)
    const sealed = Buffer.from(arena.bytes.subarray(area, area + length + sealOverheadBytes))
    expect(open(key, sealed, 'blob').equals(text)).toBe(true)
    put(seal(key, text), area)
    expect(cipher.open(area, length + sealOverheadBytes, target)).toBe(true)
    expect(arena.bytes.subarray(target, target + length).equals(text)).toBe(true)
    expect(cipher.hashOpened(area, length + sealOverheadBytes)).toBe(sha256(text))
  })

  test('works on many small texts at once, more than fit into one key stream', () => {
    const texts = Array.from({ length: 200 }, (_, i) => randomBytes((i * 97) % 2000))
    let at = area
    const ats = texts.map((text) => {
      const here = at
      put(text, here + 16)
      at += text.length + sealOverheadBytes
      return here
    })
    cipher.sealBatch(
      ats,
      texts.map((text) => text.length),
    )
    const sealedLengths = texts.map((text) => text.length + sealOverheadBytes)
    for (const [i, text] of texts.entries()) {
      const from = ats[i] ?? 0
      expect(open(key, arena.bytes.subarray(from, from + text.length + 32), 'blob').equals(text)).toBe(true)
    }
    const targets = ats.map((each) => each - area + target)
    expect(cipher.openBatch(ats, sealedLengths, targets)).toBe(-1)
    for (const [i, text] of texts.entries()) {
      const from = targets[i] ?? 0
      expect(arena.bytes.subarray(from, from + text.length).equals(text)).toBe(true)
    }
    const altered = (ats[77] ?? 0) + 20
    arena.bytes[altered] = (arena.bytes[altered] ?? 0) ^ 1
    expect(cipher.openBatch(ats, sealedLengths, targets)).toBe(77)
  })

  test('notices one flipped bit anywhere in text or code, and lengths below the overhead', () => {
    const text = randomBytes(300)
    const sealed = seal(key, text)
    for (let bit = 0; bit < sealed.length * 8; bit += 7) {
      const altered = Buffer.from(sealed)
      altered[bit >> 3] = (altered[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      put(altered, area)
      expect(cipher.open(area, sealed.length, target)).toBe(false)
      expect(cipher.hashOpened(area, sealed.length)).toBeUndefined()
    }
    expect(cipher.open(area, 31, target)).toBe(false)
  })

  test('keeps two keys apart in one arena', () => {
    const other = createMasterKey()
    const otherCipher = new ArenaCipher(arena, other, 131072)
    const text = randomBytes(1000)
    for (const [each, its] of [
      [cipher, key],
      [otherCipher, other],
      [cipher, key],
    ] as const) {
      put(text, area + 16)
      each.seal(area, text.length)
      expect(open(its, arena.bytes.subarray(area, area + 1032), 'blob').equals(text)).toBe(true)
    }
    expect(otherCipher.open(area, 1032, target)).toBe(false)
  })
})
