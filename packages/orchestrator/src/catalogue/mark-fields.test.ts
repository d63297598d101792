import { expect, test } from 'vitest'
import { parseMarkFields } from './mark-fields.ts'

test('fields are read by kind, and those of another kind are not there', () => {
  const fields = parseMarkFields('{"name":"shop","count":3,"at":"2026-11-21T02:00:00Z","inner":{"name":"x"}}')
  expect(fields?.text('name')).toBe('shop')
  expect(fields?.number('count')).toBe(3)
  expect(fields?.date('at')).toEqual(new Date('2026-11-21T02:00:00Z'))
  expect(fields?.object('inner')?.text('name')).toBe('x')
  expect(fields?.number('name')).toBeUndefined()
  expect(fields?.date('name')).toBeUndefined()
  expect(fields?.date('count')).toBeUndefined()
  expect(fields?.object('name')).toBeUndefined()
})

test.each([undefined, '', 'half of {', '[]', '"text"', 'null', '7'])('%s holds no fields', (text) => {
  expect(parseMarkFields(text)).toBeUndefined()
})
