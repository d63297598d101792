import { expect, test } from 'vitest'
import { cacheDirectoryMarker, markerHolds, parseMarker } from './exclude-if-present.ts'

test('a marker is a file name, with a header after the first colon', () => {
  expect(parseMarker('.nobackup')).toEqual({ name: '.nobackup', header: '' })
  expect(parseMarker('TAG:a:b')).toEqual({ name: 'TAG', header: 'a:b' })
})

test.each(['', ':x', 'a/b'])('refuses %j as a marker', (text) => {
  expect(() => parseMarker(text)).toThrow(expect.objectContaining({ code: 'ARGUMENT_INVALID' }))
})

test('a header must be there from the first byte, whole', () => {
  const holds = (content: string) => markerHolds(cacheDirectoryMarker, (size) => Buffer.from(content).subarray(0, size))
  expect(holds(`${cacheDirectoryMarker.header}\n# more`)).toBe(true)
  expect(holds(cacheDirectoryMarker.header)).toBe(true)
  expect(holds(cacheDirectoryMarker.header.slice(0, -1))).toBe(false)
  expect(holds(` ${cacheDirectoryMarker.header}`)).toBe(false)
  expect(holds('')).toBe(false)
})

test('presence is enough without a header, and an unreadable marker excludes nothing', () => {
  const unreadable = () => {
    throw new Error('EACCES')
  }
  expect(markerHolds({ name: 'x', header: '' }, unreadable)).toBe(true)
  expect(markerHolds({ name: 'x', header: 'y' }, unreadable)).toBe(false)
})
