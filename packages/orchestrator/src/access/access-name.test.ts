import { expect, test } from 'vitest'
import { checkAccessName } from './access-name.ts'

test('names are small letters without doubles, and nothing that a log or an address could take for something else', () => {
  expect(checkAccessName('Alice')).toBe('alice')
  for (const name of ['a', 'a.b@x.example', '0-_+', 'x'.repeat(63)]) expect(checkAccessName(name)).toBe(name)
  // the last has a letter that only looks like one of ours
  for (const name of ['', '-a', 'a b', 'a\nb', 'x'.repeat(64), 'a/b', '<b>', 'ali\u0441e']) {
    expect(() => checkAccessName(name), name).toThrow(/cannot be a name/)
  }
})
