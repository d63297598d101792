import { expect, test } from 'vitest'
import { goFileMode, statModeOf } from './file-mode.ts'

test.each([
  ['a file', 0o100644, 0o644],
  ['a file without permissions', 0o100000, 0],
  ['a directory', 0o040755, 2 ** 31 + 0o755],
  ['a directory with sticky bit', 0o041777, 2 ** 31 + 2 ** 20 + 0o777],
  ['a symlink', 0o120777, 2 ** 27 + 0o777],
  ['a block device', 0o060660, 2 ** 26 + 0o660],
  ['a character device', 0o020666, 2 ** 26 + 2 ** 21 + 0o666],
  ['a pipe', 0o010600, 2 ** 25 + 0o600],
  ['a socket', 0o140600, 2 ** 24 + 0o600],
  ['a set-id program', 0o106755, 2 ** 23 + 2 ** 22 + 0o755],
])('the mode of %s is the number of Go, and comes back', (_what, stMode, goMode) => {
  expect(goFileMode(stMode)).toBe(goMode)
  expect(statModeOf(goMode)).toBe(stMode)
})

test('an unknown format is irregular, and has no format on the way back', () => {
  expect(goFileMode(0o150644)).toBe(2 ** 19 + 0o644)
  expect(statModeOf(2 ** 19 + 0o644)).toBe(0o644)
})

test('every mode of every format comes back', () => {
  const changed: string[] = []
  for (const format of [0o10, 0o04, 0o12, 0o06, 0o02, 0o01, 0o14]) {
    for (let rest = 0; rest <= 0o7777; rest++) {
      const stMode = (format << 12) | rest
      if (statModeOf(goFileMode(stMode)) !== stMode) changed.push(stMode.toString(8))
    }
  }
  expect(changed).toEqual([])
})
