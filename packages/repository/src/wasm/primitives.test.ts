import { createCipheriv, pbkdf2Sync, randomBytes, scryptSync } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { firstFreeAddress, loadPrimitives, scratchAddress } from './primitives.ts'

const base = firstFreeAddress
const memory = new WebAssembly.Memory({ initial: 80 })
const bytes = Buffer.from(memory.buffer)
const primitives = loadPrimitives(memory)

const polynomial = 0x3da3358b4dc173n
const mask = (1n << 20n) - 1n

function remainder(value: bigint): bigint {
  for (let shift = value.toString(2).length - 54; shift >= 0; shift = value.toString(2).length - 54) {
    value ^= polynomial << BigInt(shift)
  }
  return value
}

/** The chunker as restic's format describes it, byte by byte. */
function referenceCut(data: Buffer, minimum: number, maximum: number): number {
  const out = Array.from({ length: 256 }, (_, byte) => {
    let hash = remainder(BigInt(byte))
    for (let i = 0; i < 63; i++) hash = remainder(hash << 8n)
    return hash
  })
  const mod = Array.from({ length: 256 }, (_, b) => remainder(BigInt(b) << 53n) | (BigInt(b) << 53n))
  const window = new Uint8Array(64)
  let position = 0
  let digest = 0n
  const slide = (byte: number): void => {
    digest ^= out[window[position] ?? 0] ?? 0n
    window[position] = byte
    position = (position + 1) % 64
    const index = Number(digest >> 45n)
    digest = ((digest << 8n) | BigInt(byte)) ^ (mod[index] ?? 0n)
  }
  slide(1)
  for (let i = minimum - 64; i < Math.min(maximum, data.length); i++) {
    slide(data[i] ?? 0)
    if (i + 1 >= minimum && (digest & mask) === 0n) return i + 1
  }
  return 0
}

function referencePoly(message: Buffer, r: Buffer, s: Buffer): Buffer {
  const little = (b: Buffer): bigint => BigInt('0x' + (Buffer.from(b).reverse().toString('hex') || '0'))
  const clamped = little(r) & 0x0ffffffc0ffffffc0ffffffc0fffffffn
  const modulus = (1n << 130n) - 5n
  let state = 0n
  for (let i = 0; i < message.length; i += 16) {
    const block = message.subarray(i, i + 16)
    state = ((state + little(block) + (1n << BigInt(8 * block.length))) * clamped) % modulus
  }
  const tag = (state + little(s)) & ((1n << 128n) - 1n)
  return Buffer.from(tag.toString(16).padStart(32, '0'), 'hex').reverse()
}

function tagOf(message: Buffer, r: Buffer, s: Buffer): Buffer {
  bytes.set(r, scratchAddress)
  bytes.set(s, scratchAddress + 16)
  primitives.setPolyKey(scratchAddress)
  bytes.set(message, base)
  primitives.poly1305(base, message.length, scratchAddress + 16, scratchAddress + 32)
  return Buffer.from(bytes.subarray(scratchAddress + 32, scratchAddress + 48))
}

describe('the chunker', () => {
  test('cuts where the format says, wherever the cut falls', () => {
    primitives.setPolynomial(polynomial)
    const minimum = 4096
    for (let round = 0; round < 12; round++) {
      const data = randomBytes(400_000)
      bytes.set(data, base)
      const expected = referenceCut(data, minimum, data.length)
      const found = primitives.findCut(base + minimum - 1, base + data.length)
      expect(found === 0 ? 0 : found - base).toBe(expected)
    }
  })

  test('cuts all-zero data at the first allowed position', () => {
    bytes.fill(0, base, base + 100_000)
    expect(primitives.findCut(base + 4095, base + 100_000)).toBe(base + 4096)
  })
})

describe('Poly1305', () => {
  test('agrees with the definition for every length up to 600 bytes and for extreme keys', () => {
    const all = Buffer.alloc(16, 0xff)
    for (let length = 0; length <= 600; length++) {
      const message = length % 3 === 0 ? Buffer.alloc(length, 0xff) : randomBytes(length)
      const r = length % 5 === 0 ? all : randomBytes(16)
      const s = length % 7 === 0 ? all : randomBytes(16)
      expect(tagOf(message, r, s)).toEqual(referencePoly(message, r, s))
    }
  })

  test('absorbs a long message in pieces', () => {
    const message = randomBytes(100_000)
    const [r, s] = [randomBytes(16), randomBytes(16)]
    const whole = tagOf(message, r, s)
    primitives.polyStart()
    primitives.polyUpdate(base, 4096)
    primitives.polyUpdate(base + 4096, 16)
    primitives.polyUpdate(base + 4112, message.length - 4112)
    primitives.polyFinish(scratchAddress + 16, scratchAddress + 32)
    expect(Buffer.from(bytes.subarray(scratchAddress + 32, scratchAddress + 48))).toEqual(whole)
    expect(whole).toEqual(referencePoly(message, r, s))
  })
})

test('counter blocks and xor make AES-CTR out of AES-ECB, also when the counter overflows 64 bits', () => {
  const key = randomBytes(32)
  const iv = Buffer.from('00112233445566770ffffffffffffffe'.replace('0f', 'ff'), 'hex')
  const plain = randomBytes(1000)
  bytes.set(plain, base)
  bytes.set(iv, scratchAddress)
  primitives.counterBlocks(base + 4096, scratchAddress, 0, 10)
  primitives.counterBlocks(base + 4096 + 160, scratchAddress, 10, 53)
  const ecb = createCipheriv('aes-256-ecb', key, null).setAutoPadding(false)
  bytes.set(ecb.update(bytes.subarray(base + 4096, base + 4096 + 63 * 16)), base + 4096)
  primitives.xorInto(base, base, base + 4096, plain.length)
  const expected = createCipheriv('aes-256-ctr', key, iv).update(plain)
  expect(Buffer.from(bytes.subarray(base, base + plain.length))).toEqual(expected)
})

describe('the mixing of scrypt', () => {
  test.each([
    { N: 2, r: 1 },
    { N: 16, r: 1 },
    { N: 128, r: 3 },
    { N: 1024, r: 8 },
  ])('makes a lane of scrypt with %o, whatever lies in its room', ({ N, r }) => {
    const [password, salt] = [randomBytes(9), randomBytes(64)]
    const lane = pbkdf2Sync(password, salt, 1, 128 * r, 'sha256')
    const end = base + 128 * r * (N + 3)
    bytes.fill(0xff, base, end + 16)
    bytes.set(lane, base)
    primitives.scryptRoMix(base, base + lane.length, r, N)
    const derived = pbkdf2Sync(password, bytes.subarray(base, base + lane.length), 1, 64, 'sha256')
    expect(derived).toEqual(scryptSync(password, salt, 64, { N, r, p: 1 }))
    expect(bytes.subarray(end, end + 16)).toEqual(Buffer.alloc(16, 0xff))
  })
})
