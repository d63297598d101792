import { expect, test } from 'vitest'
import { parsePatternFile } from './pattern-file.ts'
import { decodeTextFile } from './text-file.ts'

const lookUp = (name: string) => ({ HOME: '/home/x', A_1: 'one', '1': 'first' })[name] ?? ''

test('takes one trimmed pattern a line and skips comments and empty lines', () => {
  expect(parsePatternFile('  *.o \r\n\n# comment\n  # too\n!a b\n\\#kept', lookUp)).toEqual(['*.o', '!a b', '\\#kept'])
})

test.each([
  ['$HOME/x', '/home/x/x'],
  ['${HOME}x', '/home/xx'],
  ['$A_1-b', 'one-b'],
  ['$1a', 'firsta'],
  ['a$$b', 'a$b'],
  ['${$}', '$'],
  ['a$', 'a$'],
  ['a$/b', 'a$/b'],
  ['x$UNKNOWN', 'x'],
  ['x${}y', 'xy'],
  ['x${y', 'xy'],
  ['~/x', '~/x'],
])('%s becomes %s', (line, expected) => {
  expect(parsePatternFile(line, lookUp)).toEqual([expected])
})

test('a file may be UTF-8 or UTF-16 with a byte order mark, or hold bytes that are neither', () => {
  expect(decodeTextFile(Buffer.from('\ufeffä\n'))).toBe('ä\n')
  expect(decodeTextFile(Buffer.from('\ufeffä\n', 'utf16le'))).toBe('ä\n')
  expect(decodeTextFile(Buffer.from('\ufeffä\n', 'utf16le').swap16())).toBe('ä\n')
  expect(decodeTextFile(Buffer.from('caf\xe9', 'latin1'))).toBe('caf\udce9')
})
