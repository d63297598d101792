import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createArraySplitter } from './json-array.ts'

/** Feeds the text in pieces of the given size. */
function split(text: string, pieceSize: number): unknown[] {
  const elements: unknown[] = []
  const splitter = createArraySplitter((element) => elements.push(JSON.parse(element)))
  for (let i = 0; i < text.length; i += pieceSize) splitter.add(text.slice(i, i + pieceSize))
  splitter.end()
  return elements
}

test('any JSON array is split into its elements, however it is cut and spaced', () => {
  fc.assert(
    fc.property(
      fc.array(fc.jsonValue({ maxDepth: 2 }), { maxLength: 6 }),
      fc.integer({ min: 1, max: 20 }),
      fc.constantFrom(0, 1),
      (value, pieceSize, indent) => {
        fc.pre(value.every((element) => JSON.stringify(element, null, 1).length < 4000))
        expect(split(`\n${JSON.stringify(value, null, indent)} `, pieceSize)).toEqual(JSON.parse(JSON.stringify(value)))
      },
    ),
    { numRuns: 300 },
  )
})

test('any other text is an error that names the listing, or is refused by the parser of its elements', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('[', ']', '{', '}', ',', '"', '\\', '1', ' ') }), (text) => {
      let valid = true
      try {
        valid = Array.isArray(JSON.parse(text))
      } catch {
        valid = false
      }
      if (valid) expect(split(text, 3)).toEqual(JSON.parse(text))
      else expect(() => split(text, 3)).toThrow(/./)
    }),
    { numRuns: 500 },
  )
})
