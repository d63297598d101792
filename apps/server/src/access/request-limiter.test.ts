import { expect, test } from 'vitest'
import { createRequestLimiter } from './request-limiter.ts'

test('so many a minute for each caller, and all when the next has begun', () => {
  let atMs = 1_000_000
  const limiter = createRequestLimiter(2, () => atMs)
  expect([limiter.take('a'), limiter.take('a'), limiter.take('a')]).toEqual([0, 0, 60_000])
  atMs += 59_000
  expect([limiter.take('a'), limiter.take('b')]).toEqual([1_000, 0])
  atMs += 1_000
  expect(limiter.take('a')).toBe(0)
  // a clock that was set back must not keep anybody out
  atMs -= 500_000
  expect(limiter.take('a')).toBe(0)
})

test('those beyond the number that is kept share one count', () => {
  const limiter = createRequestLimiter(2, () => 0)
  for (let index = 0; index < 20_000; index++) limiter.take(`caller ${index}`)
  expect([limiter.take('x'), limiter.take('y'), limiter.take('z')]).toEqual([0, 0, 60_000])
  expect(limiter.take('caller 0')).toBe(0)
})
