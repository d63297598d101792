import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { quoteName, unquoteName } from './node-name.ts'
import { isPrintable } from './printable.ts'

const unquoteJson = (json: string): Buffer | undefined => unquoteName(JSON.parse(json))

test.each([
  ['plain name', 'plain name'],
  ['quote"', 'quote\\\\\\"'],
  ['back\\slash', 'back\\\\\\\\slash'],
  ['<&>', '\\u003c\\u0026\\u003e'],
  ["it's", "it's"],
  ['\x07\b\f\n\r\t\v', '\\\\a\\\\b\\\\f\\\\n\\\\r\\\\t\\\\v'],
  ['\x00\x1b\x7f', '\\\\x00\\\\x1b\\\\x7f'],
  ['\u0080\u00a0\u00ad', '\\\\u0080\\\\u00a0\\\\u00ad'],
  ['\u200b\u200d\ufeff', '\\\\u200b\\\\u200d\\\\ufeff'],
  ['\u2028\u2029\u3000', '\\\\u2028\\\\u2029\\\\u3000'],
  ['\ufffd\ufffe', '\ufffd\\\\ufffe'],
  ['é한\u{1f600}e\u0301', 'é한\u{1f600}e\u0301'],
  ['\u{10ffff}\u{e0001}', '\\\\U0010ffff\\\\U000e0001'],
])('the name %j is quoted as Go does, then encoded', (name, quoted) => {
  expect(quoteName(Buffer.from(name))).toBe(`"${quoted}"`)
  expect(quoteName(name)).toBe(`"${quoted}"`)
})

test('each byte that is not UTF-8 is kept as an escape', () => {
  const name = Buffer.from('a\xe9\xe2\x82\xed\xa0\x80\xc0\xaf', 'latin1')
  const escapes = ['e9', 'e2', '82', 'ed', 'a0', '80', 'c0', 'af'].map((hex) => `\\\\x${hex}`).join('')
  expect(quoteName(name)).toBe(`"a${escapes}"`)
})

test('any bytes come back from their quoted form', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), returnsTo))
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary' }).map((text) => Buffer.from(text)),
      returnsTo,
    ),
  )
  function returnsTo(name: Uint8Array): void {
    expect(unquoteJson(quoteName(name))).toEqual(Buffer.from(name))
  }
})

test('every escape of Go is understood', () => {
  const quoted = String.raw`\a\b\f\n\r\t\v\\\"\x41\101\377\u00e9\U0001f600`
  expect(unquoteName(quoted)).toEqual(
    Buffer.concat([Buffer.from('\x07\b\f\n\r\t\v\\"AA'), Buffer.of(0xff), Buffer.from('é\u{1f600}')]),
  )
})

test.each([
  ['a lone backslash', '\\'],
  ['an unknown escape', '\\q'],
  ['an escaped apostrophe', "\\'"],
  ['a short hex escape', '\\x4'],
  ['an octal escape above 255', '\\400'],
  ['half of a surrogate pair', '\\ud800'],
  ['a code point beyond Unicode', '\\U00110000'],
  ['a bare quote', 'a"b'],
  ['a bare quote beside an escape', '\\na"b'],
  ['a bare line break', 'a\nb'],
])('a name with %s is malformed', (_what, quoted) => {
  expect(unquoteName(quoted)).toBeUndefined()
})

test('the table of printable characters is that of Unicode 15.0', () => {
  // assigned in 15.0 itself, in 15.1, in 16.0 and in 17.0
  expect([0x1e4d0, 0x2ebf0, 0x105c0, 0x11db0].map(isPrintable)).toEqual([true, false, false, false])
  expect([0x20, 0x7e, 0x7f, 0xa0, 0xa1, 0xad, 0xe000, 0x3400, 0x10ffff].map(isPrintable)).toEqual([
    true,
    true,
    false,
    false,
    true,
    false,
    false,
    true,
    false,
  ])
})

test('where Unicode has not changed, the table agrees with that of Node', () => {
  const printable = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u
  const blocks = [
    [0, 0x870],
    [0x3400, 0xa7b0],
    [0xac00, 0xe000],
    [0x1f600, 0x1f650],
  ] as const
  const different: string[] = []
  for (const [from, to] of blocks) {
    for (let point = from; point < to; point++) {
      if (isPrintable(point) !== printable.test(String.fromCodePoint(point))) different.push(point.toString(16))
    }
  }
  expect(different).toEqual([])
})
