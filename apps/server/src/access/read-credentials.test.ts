import { expect, test } from 'vitest'
import { readCredentials } from './read-credentials.ts'

const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`

test('reads what restic sends, with any name, and what a token is sent as', () => {
  expect(readCredentials(basic('web:s3cret'))).toEqual({ name: 'web', secret: 's3cret' })
  expect(readCredentials(basic('웹:a:b'))).toEqual({ name: '웹', secret: 'a:b' })
  expect(readCredentials(basic(':hf_abc'))).toEqual({ name: '', secret: 'hf_abc' })
  expect(readCredentials('bearer hfagent.d2Vi.abc-_')).toEqual({ secret: 'hfagent.d2Vi.abc-_' })
})

test('reads nothing out of anything else', () => {
  const odd = [undefined, '', 'Basic', 'Basic !!', basic('nocolon'), 'Digest x', 'Bearer a b']
  expect(odd.filter((header) => readCredentials(header) !== undefined)).toEqual([])
  expect(readCredentials(`Bearer ${'a'.repeat(5000)}`)).toBeUndefined()
})
