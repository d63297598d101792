import fc from 'fast-check'
import { expect, test } from 'vitest'
import { quotePath, unquotePath } from './quoted-path.ts'

test.each([
  [Buffer.from('/srv/data/a b "c" 100%.txt'), '/srv/data/a b "c" 100%.txt'],
  [Buffer.from('/日本語/é'), '/日本語/é'],
  [Buffer.from('/a\\b'), '/a\\\\b'],
  [Buffer.from([0x2f, 0xff, 0x61, 0xc3]), '/\\xffa\\xc3'],
  [Buffer.from('/line\nfeed\t\u001b[31m'), '/line\\x0afeed\\x09\\x1b[31m'],
  [Buffer.from('/exe\u202egpj'), '/exe\\xe2\\x80\\xaegpj'],
])('%s is written %s, and read again', (bytes, text) => {
  expect(quotePath(bytes)).toBe(text)
  expect(unquotePath(text)).toEqual(bytes)
})

test('any bytes come back, and two never look alike', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      const quoted = quotePath(bytes)
      expect(unquotePath(quoted)).toEqual(Buffer.from(bytes))
      expect(Buffer.from(quoted).toString()).toBe(quoted)
    }),
  )
})

test.each(['\\', 'a\\', '\\n', '\\x4', '\\xgg', '\\\\\\'])('%s is no quoted path', (text) => {
  expect(unquotePath(text)).toBeUndefined()
})
