import fc from 'fast-check'
import { expect, it } from 'vitest'
import { RowCounter } from './row-counter.ts'

function count(bytes: Buffer, pieceBytes: number): number | undefined {
  const counter = new RowCounter()
  for (let at = 0; at < bytes.length; at += pieceBytes) counter.add(bytes, at, Math.min(bytes.length, at + pieceBytes))
  return counter.rows()
}

it('counts lines, however they are cut', () => {
  fc.assert(
    fc.property(
      fc.array(fc.stringMatching(/^[a-z]{0,400}$/), { maxLength: 20 }),
      fc.integer({ min: 1, max: 700 }),
      (rows, size) => {
        const data = Buffer.from(`${rows.map((row) => `${row}\n`).join('')}\\.\n\n\n`)
        expect(count(data, size)).toBe(rows.length)
      },
    ),
  )
})

it('does not know the rows of data without its end', () => {
  expect(count(Buffer.from('a\nb\n'), 3)).toBeUndefined()
})
