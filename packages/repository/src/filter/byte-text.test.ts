import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  byteText,
  bytesOfText,
  decodeLossless,
  encodeLossless,
  lowerByteText,
  runeAt,
  runeLength,
} from './byte-text.ts'

test('byte text and the lossless string give any bytes back', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      const buffer = Buffer.from(bytes)
      expect(bytesOfText(byteText(buffer))).toEqual(buffer)
      expect(encodeLossless(decodeLossless(buffer))).toEqual(buffer)
      expect(byteText(decodeLossless(buffer))).toBe(byteText(buffer))
    }),
  )
})

test('a string and its UTF-8 bytes have the same byte text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 20 }), (text) => {
      expect(byteText(text)).toBe(byteText(Buffer.from(text)))
      expect(decodeLossless(Buffer.from(text))).toBe(text)
    }),
  )
})

test('runes are those of the text, and stray bytes are single ones', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }), (character) => {
      const text = byteText(character)
      expect(runeLength(text, 0)).toBe(text.length)
      expect(runeAt(text, 0, text.length)).toBe(character.codePointAt(0))
    }),
  )
  // truncated, overlong, surrogate, beyond U+10FFFF, bare continuation
  for (const stray of ['\xe2\x82', '\xc0\xaf', '\xed\xa0\x80', '\xf4\x90\x80\x80', '\x80', '\xf0\x80\x80\x80']) {
    expect(runeLength(stray, 0)).toBe(1)
  }
  expect(runeAt('\xe2\x82', 0, 1)).toBe(0xfffd)
})

test('lower case is taken character by character', () => {
  const lower = (text: string) => bytesOfText(lowerByteText(text)).toString()
  expect(lower('ABC')).toBe('abc')
  expect(lower('ÄÖ')).toBe('äö')
  expect(lower('ΟΔΟΣ')).toBe('οδοσ')
  expect(lower('İ')).toBe('i')
  expect(bytesOfText(lowerByteText(Buffer.from('A\xe2\x82', 'latin1'))).toString()).toBe('a\ufffd\ufffd')
})
