import fc from 'fast-check'
import { expect, test } from 'vitest'
import { TextStore } from './text-store.ts'

test('gives back every text, those larger than a block too', () => {
  const store = new TextStore()
  const texts = ['', 'a', 'é'.repeat(700_000), '\u{10000}', 'x'.repeat(1 << 20), 'y'.repeat((1 << 20) - 1), 'z', '']
  const handles = texts.map((text) => store.add(text))
  expect(handles).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
  for (const [i, text] of texts.entries()) expect(Buffer.from(store.bytesOf(i)).toString() === text).toBe(true)
  expect(() => store.bytesOf(8)).toThrow('there is no text 8')
})

test('gives back any texts', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme' })), (texts) => {
      const store = new TextStore()
      const handles = texts.map((text) => store.add(text))
      expect(handles.map((handle) => Buffer.from(store.bytesOf(handle)).toString())).toEqual(texts)
    }),
  )
})
