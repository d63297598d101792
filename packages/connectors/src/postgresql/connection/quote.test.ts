import { expect, it } from 'vitest'
import { quoteIdentifier, quoteLiteral } from './quote.ts'

it('doubles the quotes of names', () => {
  expect(quoteIdentifier('a "b" ü')).toBe('"a ""b"" ü"')
})

it('doubles the quotes of texts, and marks those with backslashes so that every server reads them alike', () => {
  expect(quoteLiteral("it's")).toBe("'it''s'")
  expect(quoteLiteral('C:\\x')).toBe(" E'C:\\\\x'")
})
