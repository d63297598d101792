import { expect, test } from 'vitest'
import { nearestName } from './nearest-name.ts'

const names = ['snapshots', 'restore', 'repair', 'forget', 'keep-last', 'keep-daily']

test.each([
  ['snapshot', 'snapshots'],
  ['restroe', 'restore'],
  ['frget', 'forget'],
  ['keep-lst', 'keep-last'],
  ['snap', 'snapshots'],
])('%s is taken for %s', (given, meant) => {
  expect(nearestName(given, names)).toBe(meant)
})

test('what resembles nothing gets no suggestion', () => {
  expect(nearestName('zzzzzz', names)).toBeUndefined()
})
