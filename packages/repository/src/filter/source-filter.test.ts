import { expect, test } from 'vitest'
import { cacheDirectoryMarker } from './exclude-if-present.ts'
import { createSourceFilter, type FilterSpec } from './source-filter.ts'

const files = new Map([
  ['/cache/CACHEDIR.TAG', `${cacheDirectoryMarker.header}\n`],
  ['/fake/CACHEDIR.TAG', 'something else'],
])

const filterOf = (spec: FilterSpec) =>
  createSourceFilter(structuredClone(spec), (directory, name, sizeBytes) => {
    const content = files.get(`${Buffer.from(directory).toString()}/${name}`)
    if (content === undefined) throw new Error('ENOENT')
    return Buffer.from(content).subarray(0, sizeBytes)
  })

test('without any rule nothing is left out', () => {
  const filter = filterOf({})
  expect(filter.excludesPath('/a')).toBe(false)
  expect(filter.remainingNames('/cache', ['CACHEDIR.TAG', 'x'])).toBeUndefined()
  expect(filter.excludesSize(Number.MAX_SAFE_INTEGER)).toBe(false)
  expect(filter.excludesPlace('/a', { device: 2n, isDirectory: false, parentDevice: 1n })).toBe(false)
})

test('patterns of either list exclude', () => {
  const filter = filterOf({ excludes: ['*.o'], insensitiveExcludes: ['*.TMP'] })
  expect(['/a.o', '/a.O', '/a.tmp', '/a.c'].map((path) => filter.excludesPath(path))).toEqual([
    true,
    false,
    true,
    false,
  ])
})

test('a negation in one list does not take back what the other excludes', () => {
  const filter = filterOf({ excludes: ['*.o', '!keep.o'], insensitiveExcludes: ['KEEP.o'] })
  expect(filter.excludesPath('/keep.o')).toBe(true)
})

test('a valid cache tag leaves only itself', () => {
  const filter = filterOf({ excludeCaches: true })
  expect(filter.remainingNames('/cache', ['CACHEDIR.TAG', 'x'])).toEqual(['CACHEDIR.TAG'])
  expect(filter.remainingNames('/fake', ['CACHEDIR.TAG', 'x'])).toBeUndefined()
  expect(filter.remainingNames('/gone', ['CACHEDIR.TAG', 'x'])).toBeUndefined()
  expect(filter.remainingNames('/cache', ['x'])).toBeUndefined()
})

test('names may be bytes', () => {
  const filter = filterOf({ excludeIfPresent: ['.nobackup'] })
  const names = ['.nobackup', 'x', '\xe9'].map((name) => Buffer.from(name, 'latin1'))
  expect(filter.remainingNames(Buffer.from('/d'), names)).toEqual([names[0]])
})

test('two markers exclude each other', () => {
  const filter = filterOf({ excludeIfPresent: ['one', 'two'] })
  expect(filter.remainingNames('/d', ['one', 'x'])).toEqual(['one'])
  expect(filter.remainingNames('/d', ['one', 'two', 'x'])).toEqual([])
})

test('only what is strictly larger than the limit is left out', () => {
  const filter = filterOf({ excludeLargerThanBytes: 10 })
  expect([10, 11, 10n, 11n].map((size) => filter.excludesSize(size))).toEqual([false, true, false, true])
})

test('other file systems are left out below the mount point', () => {
  const filter = filterOf({ oneFileSystem: [{ path: '/a', device: 1n }] })
  expect(filter.excludesPlace('/a/mnt', { device: 2n, isDirectory: true, parentDevice: 1n })).toBe(false)
  expect(filter.excludesPlace('/a/mnt/x', { device: 2n, isDirectory: false, parentDevice: 2n })).toBe(true)
})

test('malformed rules are refused with their option', () => {
  for (const [spec, name] of [
    [{ excludes: ['[a'] }, '--exclude'],
    [{ insensitiveExcludes: ['[a'] }, '--iexclude'],
    [{ excludeIfPresent: [':x'] }, '--exclude-if-present'],
  ] as const) {
    expect(() => filterOf(spec)).toThrow(
      expect.objectContaining({ code: 'ARGUMENT_INVALID', details: expect.objectContaining({ name }) }),
    )
  }
})
