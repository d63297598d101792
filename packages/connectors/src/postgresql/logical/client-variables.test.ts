import { expect, it } from 'vitest'
import { databaseArgument } from './client-variables.ts'

it.each([
  ['shop', `dbname='shop'`],
  ['-x', `dbname='-x'`],
  [`a'b\\c`, String.raw`dbname='a\'b\\c'`],
  ['postgresql://else/where', `dbname='postgresql://else/where'`],
])('names database %s so that it means itself', (name, expected) => {
  expect(databaseArgument(name)).toBe(expected)
})
