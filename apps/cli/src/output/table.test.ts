import { expect, test } from 'vitest'
import { printable } from './printable.ts'
import { renderTable } from './table.ts'

test('columns are as wide as their widest cell, cells may have several lines, and numbers stand to the right', () => {
  const text = renderTable(
    [{ title: 'ID' }, { title: 'Tags' }, { title: 'Size', align: 'right' }],
    [
      ['1a2b', 'one\nthree', '5 B'],
      ['3c4d', '', '1.000 KiB'],
    ],
    ['2 rows'],
  )
  expect(text.split('\n')).toEqual([
    'ID    Tags        Size',
    '----------------------',
    '1a2b  one          5 B',
    '      three',
    '3c4d         1.000 KiB',
    '----------------------',
    '2 rows',
  ])
})

test('wide characters count as two columns', () => {
  expect(
    renderTable(
      [{ title: 'A' }, { title: 'B' }],
      [
        ['日本', 'x'],
        ['ab', 'y'],
      ],
    ).split('\n')[3],
  ).toBe('ab    y')
})

test('control, hidden and direction-changing characters are shown as escapes, everything else as it is', () => {
  expect(printable('a\x1b[31m\n\u202e\u0085日本 é')).toBe('a\\x1b[31m\\n\\u202e\\x85日本 é')
})
