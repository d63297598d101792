import { closeSync, lstatSync, mkdtempSync, openSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { setTimes, setTimesOfFd } from './times.ts'

let work = ''
beforeAll(() => {
  work = mkdtempSync(join(tmpdir(), 'holdfast-times-'))
})
afterAll(() => rmSync(work, { recursive: true, force: true }))

function timesOf(path: string | Buffer) {
  const { atimeNs, mtimeNs } = lstatSync(path, { bigint: true })
  return [atimeNs, mtimeNs]
}

describe.runIf(process.platform === 'linux')('times', () => {
  test.each([
    [1_700_000_000_123_456_789n, 1_600_000_000_999_999_999n],
    [0n, 1n],
    [-1n, -1_000_000_000n],
    [-999_999_999n, -1_000_000_001n],
    [-86_400_000_000_001n, 4_102_444_800_000_000_001n],
  ])('%d and %d are kept to the nanosecond', (atimeNs, mtimeNs) => {
    const path = join(work, 'file')
    writeFileSync(path, '')
    expect(setTimes(path, atimeNs, mtimeNs)).toBe(true)
    expect(timesOf(path)).toEqual([atimeNs, mtimeNs])
    const fd = openSync(path, 'r+')
    expect(setTimesOfFd(fd, mtimeNs, atimeNs)).toBe(true)
    closeSync(fd)
    expect(timesOf(path)).toEqual([mtimeNs, atimeNs])
  })

  test('a symlink gets times of its own', () => {
    const target = join(work, 'target')
    writeFileSync(target, '')
    const before = timesOf(target)
    symlinkSync('target', join(work, 'link'))
    symlinkSync('nowhere', join(work, 'dangling'))
    for (const name of ['link', 'dangling']) {
      setTimes(join(work, name), 1n, 2n)
      expect(timesOf(join(work, name))[1]).toBe(2n)
    }
    expect(timesOf(target)).toEqual(before)
  })

  test('names need not be UTF-8, and errors are like those of node:fs', () => {
    const path = Buffer.from(`${work}/\xff`, 'latin1')
    writeFileSync(path, '')
    setTimes(path, 3n, 4n)
    expect(timesOf(path)).toEqual([3n, 4n])
    expect(() => setTimes(join(work, 'gone'), 0n, 0n)).toThrow(expect.objectContaining({ code: 'ENOENT' }))
    expect(() => setTimesOfFd(9999, 0n, 0n)).toThrow(expect.objectContaining({ code: 'EBADF' }))
  })
})
