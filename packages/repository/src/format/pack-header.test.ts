import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createMasterKey } from './create-master-key.ts'
import { seal } from './crypto.ts'
import {
  encodePackHeader,
  expectedPackBytes,
  maxPackHeaderBytes,
  openPackHeader,
  packTrailerBytes,
  parsePackHeader,
  sealPackHeader,
} from './pack-header.ts'
import type { PackedBlob } from './packed-blob.ts'

const key = createMasterKey()
const blobId = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString('hex'))
const blobs = fc
  .array(
    fc.record({
      id: blobId,
      type: fc.constantFrom('data' as const, 'tree' as const),
      length: fc.integer({ min: 32, max: 0xffffffff }),
      rawLength: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 0xffffffff })),
    }),
    { minLength: 1, maxLength: 20 },
  )
  .map((list): PackedBlob[] => {
    let offset = 0
    return list.map((blob) => ({ ...blob, offset: (offset += blob.length) - blob.length }))
  })

test('a header parses to the blobs it was made from, mixed types included', () => {
  fc.assert(
    fc.property(blobs, (list) => {
      const packBytes = expectedPackBytes(list)
      expect(parsePackHeader(encodePackHeader(list), packBytes, 'pack')).toEqual(list)
      expect(openPackHeader(key, sealPackHeader(key, list), packBytes, 'pack')).toEqual(list)
    }),
  )
})

test('an entry is 37 bytes plain and 41 compressed, little-endian', () => {
  const id = 'cd'.repeat(32)
  const header = encodePackHeader([
    { id, type: 'tree', length: 0x01020304, rawLength: 0 },
    { id, type: 'data', length: 33, rawLength: 0x0a0b0c0d },
  ])
  expect(header.toString('hex')).toBe(`0104030201${id}02210000000d0c0b0a${id}`)
})

describe('a damaged header', () => {
  const id = 'cd'.repeat(32)
  const plain = (type: number, length: number): Buffer => {
    const entry = encodePackHeader([{ id, type: 'data', length, rawLength: 0 }])
    entry[0] = type
    return entry
  }
  const sizeFor = (header: Buffer, blobBytes: number): number => blobBytes + header.length + 36

  test.each([
    ['an unknown type', plain(4, 40), 40, /type 4/],
    ['a blob shorter than its seal', plain(0, 31), 31, /31 bytes/],
    ['an entry that is cut off', plain(0, 40).subarray(0, 36), 40, /middle of an entry/],
    ['a compressed entry that is cut off', plain(2, 40), 40, /middle of an entry/],
    ['no entries', Buffer.alloc(0), 0, /empty/],
  ])('is refused for %s', (_what, header, blobBytes, message) => {
    expect(() => parsePackHeader(header, sizeFor(header, blobBytes), 'pack 1a')).toThrow(message)
  })

  test('is refused when its blobs do not fill the pack exactly', () => {
    const header = plain(0, 40)
    expect(parsePackHeader(header, sizeFor(header, 40), 'x')).toHaveLength(1)
    expect(() => parsePackHeader(header, sizeFor(header, 41), 'x')).toThrow(/describes/)
    expect(() => parsePackHeader(header, sizeFor(header, 39), 'x')).toThrow(/describes/)
  })

  test('is refused for a compressed blob without content', () => {
    const header = encodePackHeader([{ id, type: 'data', length: 40, rawLength: 1 }])
    header.writeUInt32LE(0, 5)
    expect(() => parsePackHeader(header, sizeFor(header, 40), 'x')).toThrow(/compressed blob is empty/)
  })
})

describe('the length field at the end of a pack', () => {
  const field = (length: number): Buffer => {
    const bytes = Buffer.alloc(4)
    bytes.writeUInt32LE(length)
    return bytes
  }

  test.each([0, 31, 68, maxPackHeaderBytes + 1, 0xffffffff])('is refused when it says %i', (length) => {
    expect(() => packTrailerBytes(field(length), 2 ** 32, 'x')).toThrow(/claims/)
  })

  test('is refused when the header would be longer than the pack', () => {
    expect(packTrailerBytes(field(100), 104, 'x')).toBe(104)
    expect(() => packTrailerBytes(field(100), 103, 'x')).toThrow(/100 of 103/)
  })

  test('says how much to read when the tail is too short', () => {
    const blob = { id: 'ab'.repeat(32), type: 'data', length: 50, rawLength: 0 } as const
    const trailer = sealPackHeader(key, [blob])
    expect(packTrailerBytes(trailer.subarray(-4), 50 + trailer.length, 'x')).toBe(trailer.length)
    expect(() => openPackHeader(key, trailer.subarray(-20), 50 + trailer.length, 'x')).toThrow(/incomplete/)
    expect(() => packTrailerBytes(Buffer.alloc(3), 3, 'x')).toThrow(/too short/)
  })
})

test('a header sealed with another key is refused', () => {
  const blob = { id: 'ab'.repeat(32), type: 'data', length: 50, rawLength: 0 } as const
  const sealed = seal(createMasterKey(), encodePackHeader([blob]))
  const length = Buffer.alloc(4)
  length.writeUInt32LE(sealed.length)
  const tail = Buffer.concat([sealed, length])
  expect(() => openPackHeader(key, tail, tail.length + 50, 'pack 1a')).toThrow(/pack 1a \(header\) is damaged/)
})
