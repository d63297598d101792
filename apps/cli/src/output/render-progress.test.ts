import { expect, test } from 'vitest'
import { displayWidth } from './display-width.ts'
import type { Progress } from './progress.ts'
import { progressFigures, remaining, renderProgress } from './render-progress.ts'

const half: Progress = {
  work: 'backup',
  unit: 'files',
  done: 500,
  total: 1000,
  bytesDone: 512 * 2 ** 20,
  totalBytes: 2 ** 30,
  errors: 0,
  current: ['/srv/data/one', '/srv/data/two', '/srv/data/three'],
}
const pace = { elapsedMs: 65_000, bytesPerSecond: 64 * 2 ** 20 }

test('figures tell time, share, files, bytes, rate and time to come', () => {
  expect(progressFigures(half, pace)).toBe(
    '1:05 backup   50.0 %  500 of 1000 files  512.000 MiB of 1.000 GiB  64.000 MiB/s  ETA 0:08',
  )
})

test('errors are counted, and before the scan has ended there is no share and no time to come', () => {
  const early = { ...half, total: undefined, totalBytes: undefined, errors: 2 }
  expect(progressFigures(early, pace)).toBe('1:05 backup  500 files  512.000 MiB  64.000 MiB/s  2 errors')
})

test.each([20, 40, 80, 100, 140, 300])('no line is wider than a terminal of %d columns', (columns) => {
  const current = ['/very/long/path/'.repeat(30), '/日本語/'.repeat(40)]
  for (const line of renderProgress({ ...half, current }, pace, columns)) {
    expect(displayWidth(line)).toBeLessThan(columns)
  }
})

test('a wide terminal shows a bar that is filled by the share', () => {
  expect(renderProgress(half, pace, 200)[0]).toMatch(/^\[={11} {11}\] 1:05 backup/)
})

test('names of files cannot control the terminal', () => {
  const lines = renderProgress({ ...half, current: ['/a\x1b[2Jb\nc'] }, pace, 80)
  expect(lines[1]).toBe('  /a\\x1b[2Jb\\nc')
})

test('without bytes the time to come follows from the pace so far', () => {
  const counted = { ...half, bytesDone: undefined, totalBytes: undefined }
  expect(remaining(counted, { elapsedMs: 10_000, bytesPerSecond: undefined })).toBe(10_000)
})
