import { zstdCompressSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { decodeUnpacked, encodeUnpacked } from './unpacked.ts'

const json = Buffer.from('{"a":[1,2,3]}')

test('version 1 stores plain JSON, version 2 a mark and zstd', () => {
  expect(encodeUnpacked(json, 1)).toEqual(json)
  expect(encodeUnpacked(json, 2)[0]).toBe(2)
  expect(decodeUnpacked(encodeUnpacked(json, 2), 'x')).toEqual(json)
})

test('plain JSON is read in any version, object or list', () => {
  expect(decodeUnpacked(json, 'x')).toEqual(json)
  expect(decodeUnpacked(Buffer.from('[1]'), 'x').toString()).toBe('[1]')
})

test.each([
  ['empty', ''],
  ['another mark', '\x01{}'],
  ['white space', ' {}'],
  ['not zstd', '\x02{}'],
])('content that is %s is damage', (_what, content) => {
  expect(() => decodeUnpacked(Buffer.from(content), 'index 1a')).toThrow(/index 1a is damaged/)
})

test('content that was cut off is damage', () => {
  const encoded = encodeUnpacked(Buffer.alloc(5000, 'abc'), 2)
  expect(() => decodeUnpacked(encoded.subarray(0, -4), 'x')).toThrow(/damaged/)
})

test('a small file that expands beyond the limit is refused', () => {
  const bomb = Buffer.concat([Buffer.of(2), zstdCompressSync(Buffer.alloc(50 << 20))])
  expect(bomb.length).toBeLessThan(10_000)
  expect(() => decodeUnpacked(bomb, 'x', 1 << 20)).toThrow(/at most 1048576 bytes/)
  expect(() => decodeUnpacked(json, 'x', 5)).toThrow(/more than 5 bytes/)
})
