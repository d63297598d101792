import { sealOverheadBytes } from './seal-overhead.ts'
import { createCipheriv, createHash } from 'node:crypto'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { createMasterKey } from './create-master-key.ts'
import { open, seal, tryOpen } from './crypto.ts'
import { fastPoly1305 } from './fast-poly1305.ts'
import { poly1305 } from './poly1305.ts'

const key = createMasterKey()

test('poly1305 gives the tag of the RFC 8439 example', () => {
  const r = Buffer.from('85d6be7857556d337f4452fe42d506a8', 'hex')
  const s = Buffer.from('0103808afb0db2fd4abff6af4149f51b', 'hex')
  const message = Buffer.from('Cryptographic Forum Research Group')
  expect(poly1305(r, s, message).toString('hex')).toBe('a8061dc1305136c6c22b8baf0c0127a9')
  expect(fastPoly1305(r, s, message).toString('hex')).toBe('a8061dc1305136c6c22b8baf0c0127a9')
})

test('the fast Poly1305 agrees with the reference for any key and message', () => {
  const bytes16 = fc.uint8Array({ minLength: 16, maxLength: 16 })
  fc.assert(
    fc.property(bytes16, bytes16, fc.uint8Array({ maxLength: 300 }), (r, s, message) => {
      expect(fastPoly1305(r, s, message)).toEqual(poly1305(r, s, message))
    }),
  )
})

test('the fast Poly1305 agrees with the reference where its carries are longest', () => {
  const ones = Buffer.alloc(16, 0xff)
  for (const length of [0, 1, 15, 16, 17, 63, 64, 65, 128, 4096]) {
    const message = Buffer.alloc(length, 0xff)
    expect(fastPoly1305(ones, ones, message)).toEqual(poly1305(ones, ones, message))
  }
})

test('a message larger than the window in WebAssembly gets the same tag', () => {
  const r = createHash('md5').update('r').digest()
  const s = createHash('md5').update('s').digest()
  const message = createCipheriv('aes-128-ctr', r, s).update(Buffer.alloc((1 << 20) + 37))
  expect(fastPoly1305(r, s, message)).toEqual(poly1305(r, s, message))
})

test('what is sealed opens again, 32 bytes longer and different each time', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 500 }), (plaintext) => {
      const sealed = seal(key, plaintext)
      expect(sealed).toHaveLength(plaintext.length + sealOverheadBytes)
      expect(open(key, sealed, 'x')).toEqual(Buffer.from(plaintext))
      expect(seal(key, plaintext).equals(sealed)).toBe(false)
    }),
  )
})

test('every altered bit, missing byte or other key is refused with the name of the object', () => {
  const sealed = seal(key, Buffer.from('content'))
  for (let bit = 0; bit < sealed.length * 8; bit++) {
    const altered = Buffer.from(sealed)
    altered[bit >> 3] = (altered[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    expect(tryOpen(key, altered)).toBeUndefined()
  }
  for (let length = 0; length < sealed.length; length++) {
    expect(() => open(key, sealed.subarray(0, length), 'pack 1a2b')).toThrow(/pack 1a2b is damaged/)
  }
  expect(tryOpen(createMasterKey(), sealed)).toBeUndefined()
})

test('an all-zero initialisation vector is refused although its tag is right', () => {
  const iv = Buffer.alloc(16)
  const ciphertext = createCipheriv('aes-256-ctr', key.encrypt, iv).update('content')
  const oneTime = createCipheriv('aes-128-ecb', key.macK, null).setAutoPadding(false).update(iv)
  const sealed = Buffer.concat([iv, ciphertext, poly1305(key.macR, oneTime, ciphertext)])
  expect(() => open(key, sealed, 'x')).toThrow(/damaged/)
})

test('r need not be clamped in the key', () => {
  const unclamped = { ...key, macR: Buffer.alloc(16, 0xff) }
  const clamped = { ...key, macR: Buffer.from('ffffff0ffcffff0ffcffff0ffcffff0f', 'hex') }
  expect(open(clamped, seal(unclamped, Buffer.from('x')), 'x').toString()).toBe('x')
})
