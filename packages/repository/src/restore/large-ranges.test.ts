import { expect, test } from 'vitest'
import { type LargeFile, LargeRanges } from './large-ranges.ts'

function largeFile(file: number, count: number): LargeFile {
  const ranges = Array.from({ length: count }, (_, i) => ({
    file,
    path: `/target/${file}`,
    offset: (count - 1 - i) * 100,
    sizeBytes: 100,
    ids: '',
    existing: false,
    sparse: false,
  }))
  return { worker: 0, file, ranges, running: 0, written: 0, failed: false }
}

test('each file is given out from front to back, to the workers in turn, and every part once', () => {
  const waiting = new LargeRanges(2)
  const counts = [3, 1, 2]
  for (const [file, count] of counts.entries()) waiting.add(largeFile(file, count))
  const given: Record<number, number[]> = {}
  const running: LargeFile[] = []
  for (let next = waiting.next(); next !== undefined; next = waiting.next()) {
    ;(given[next.range.file] ??= []).push(next.range.offset)
    running.push(next.large)
    // two work side by side: on files of their own while there are two
    if (running.length === 2) {
      const [one, two] = running
      if (Object.values(given).flat().length < 5) expect(one).not.toBe(two)
      for (const large of running.splice(0)) large.running--
    }
  }
  expect(given).toEqual({ 0: [0, 100, 200], 1: [0], 2: [0, 100] })
})

test('one file alone is given to all', () => {
  const waiting = new LargeRanges(4)
  waiting.add(largeFile(7, 4))
  expect([1, 2, 3, 4].map(() => waiting.next()?.range.offset)).toEqual([0, 100, 200, 300])
  expect(waiting.next()).toBeUndefined()
})
