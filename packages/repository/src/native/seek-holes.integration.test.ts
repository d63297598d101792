import { closeSync, ftruncateSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { dataExtents } from './seek-holes.ts'

let work = ''
beforeAll(() => {
  work = mkdtempSync(join(tmpdir(), 'holdfast-holes-'))
})
afterAll(() => rmSync(work, { recursive: true, force: true }))

/** A file of that size with the given bytes at the given places. */
function extentsOf(sizeBytes: number, places: readonly number[], askedBytes = sizeBytes) {
  const path = join(work, 'file')
  rmSync(path, { force: true })
  const fd = openSync(path, 'w+')
  ftruncateSync(fd, sizeBytes)
  for (const at of places) writeSync(fd, Buffer.alloc(1000, 7), 0, 1000, at)
  const extents = dataExtents(fd, askedBytes)
  closeSync(fd)
  return { extents, content: readFileSync(path) }
}

test('everything outside of the extents is zero, and holes are left out', () => {
  const { extents, content } = extentsOf(20 << 20, [5 << 20, 11 << 20])
  let at = 0
  for (const { start, end } of [...extents, { start: content.length, end: content.length }]) {
    expect(content.subarray(at, start).every((byte) => byte === 0)).toBe(true)
    at = end
  }
  expect(extents).toHaveLength(2)
  expect(extents.reduce((sum, { start, end }) => sum + end - start, 0)).toBeLessThan(1 << 20)
})

test('a file that is all hole has no extents, one without any hole has one', () => {
  expect(extentsOf(10 << 20, []).extents).toEqual([])
  expect(extentsOf(1000, [0]).extents).toEqual([{ start: 0, end: 1000 }])
  expect(extentsOf(0, []).extents).toEqual([])
})

test('extents stay within the size asked for', () => {
  expect(extentsOf(10 << 20, [0, 8 << 20], 500).extents).toEqual([{ start: 0, end: 500 }])
  expect(extentsOf(10 << 20, [8 << 20], 1 << 20).extents).toEqual([])
})

test('a file that cannot be sought counts as one extent', () => {
  const fd = openSync('/proc/self/stat', 'r')
  expect(dataExtents(fd, 100)).toEqual([{ start: 0, end: 100 }])
  closeSync(fd)
})

test('a closed file is an error like those of node:fs', () => {
  expect(() => dataExtents(9999, 100)).toThrow(expect.objectContaining({ code: 'EBADF', syscall: 'lseek' }))
})
