import { expect, test } from 'vitest'
import { encodeConfigFile, parseConfigFile } from './config-file.ts'
import { createMasterKey } from './create-master-key.ts'
import { open, seal } from './crypto.ts'

const key = createMasterKey()
const id = 'ab'.repeat(32)
const fields = { version: 2, id, chunker_polynomial: '3da3358b4dc173' }
const parse = (value: unknown): unknown => parseConfigFile(key, seal(key, Buffer.from(JSON.stringify(value))), 'here')

test('the config is sealed JSON without compression, also in version 2', () => {
  const bytes = encodeConfigFile(key, { version: 2, id, chunkerPolynomial: 0x3da3358b4dc173n })
  expect(open(key, bytes, 'config').toString()).toBe(JSON.stringify(fields))
  expect(parseConfigFile(key, bytes, 'here')).toEqual({ version: 2, id, chunkerPolynomial: 0x3da3358b4dc173n })
})

test('fields of other programs are ignored', () => {
  expect(parse({ is_hot: true, ...fields, append_only: false })).toMatchObject({ version: 2, id })
})

test.each([0, 3, 99])('format version %i is refused, naming the version and the place', (version) => {
  expect(() => parse({ ...fields, version })).toThrow(
    `the repository at here has format version ${version}; versions 1 and 2 are supported`,
  )
})

test.each(['3da3358b4dc172', '', 'xyz', '0x3da3358b4dc173', '7', 'f'.repeat(500_000)])(
  'a polynomial that cannot cut chunks is refused (%#)',
  (chunker_polynomial) => {
    expect(() => parse({ ...fields, chunker_polynomial })).toThrow(/config is damaged: chunker_polynomial/)
  },
)
