import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { jsonString } from './json-string.ts'

test.each([
  ['plain', '"plain"'],
  ['', '""'],
  ['<a href="x">&\\', '"\\u003ca href=\\"x\\"\\u003e\\u0026\\\\"'],
  ['\n\r\t\b\f', '"\\n\\r\\t\\b\\f"'],
  ['\u0000\u0007\u000b\u001f', '"\\u0000\\u0007\\u000b\\u001f"'],
  ['\u007f', '"\u007f"'],
  ['\u2027\u2028\u2029\u202a', '"\u2027\\u2028\\u2029\u202a"'],
  ['é한\u{1f600}\ufffd\ufeff', '"é한\u{1f600}\ufffd\ufeff"'],
  ['a\ud800b\udc00', '"a\\ufffdb\\ufffd"'],
  ["/'=`+", '"/\'=`+"'],
])('%j is encoded as Go does', (text, json) => {
  expect(jsonString(text)).toBe(json)
})

test('each byte that is not UTF-8 becomes one replacement, a genuine U+FFFD stays', () => {
  expect(jsonString(Buffer.from('a\xff\xe2\x82z\xed\xa0\x80', 'latin1'))).toBe(
    '"a\\ufffd\\ufffd\\ufffdz\\ufffd\\ufffd\\ufffd"',
  )
  expect(jsonString(Buffer.from('\ufffd'))).toBe('"\ufffd"')
  expect(jsonString(Buffer.from('\xc0\xaf\xf4\x90\x80\x80\xf5', 'latin1'))).toBe(`"${'\\ufffd'.repeat(7)}"`)
})

test('any text reads back, whether given as text or as bytes', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(JSON.parse(jsonString(text))).toBe(text)
      expect(jsonString(Buffer.from(text))).toBe(jsonString(text))
    }),
  )
})

test("any bytes read back as Node decodes them, or longer by Go's replacement of single bytes", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      const decoded: string = JSON.parse(jsonString(bytes))
      expect(decoded.replaceAll('\ufffd', '')).toBe(Buffer.from(bytes).toString('utf8').replaceAll('\ufffd', ''))
    }),
  )
})
