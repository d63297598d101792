import { isAppError } from '@holdfast/core/errors/app-error'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { splitEntryPath } from './entry-path.ts'

test('takes a path apart', () => {
  expect(splitEntryPath('postgresql/shop/data/PG_VERSION')).toEqual({
    directory: 'postgresql/shop/data',
    name: 'PG_VERSION',
  })
  expect(splitEntryPath('globals.sql')).toEqual({ directory: '', name: 'globals.sql' })
  expect(splitEntryPath('a/...')).toEqual({ directory: 'a', name: '...' })
})

test.each(['', '/', '/etc/passwd', 'a//b', 'a/', '.', '..', 'a/../b', './a', 'a/..', 'a\0b', 'a/\ud800'])(
  'refuses %j',
  (path) => {
    expect(() => splitEntryPath(path)).toThrow(expect.toSatisfy((e: unknown) => isAppError(e, 'SOURCE_ENTRY_REFUSED')))
  },
)

test('whatever is accepted is put together again as it was, and names no other place', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('.', '/', 'a', '\0', 'é') }), (path) => {
      let split
      try {
        split = splitEntryPath(path)
      } catch {
        return
      }
      expect(split.directory === '' ? split.name : `${split.directory}/${split.name}`).toBe(path)
      expect(new URL(`file:///root/${path}`).pathname.startsWith('/root/')).toBe(true)
    }),
  )
})
