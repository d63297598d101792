import { expect, test } from 'vitest'
import { createAttemptLimiter } from './attempt-limiter.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs

test('five attempts are free, then each failure doubles the wait, up to the longest', () => {
  const limiter = createAttemptLimiter(10 * minuteMs)
  let atMs = 0
  for (let count = 0; count < 5; count++) expect(limiter.begin('a', atMs)).toBe(0)
  const waits = []
  for (let count = 0; count < 6; count++) {
    const waitMs = limiter.begin('a', atMs)
    waits.push(waitMs / minuteMs)
    expect(limiter.begin('a', atMs + waitMs - 1)).toBe(1)
    atMs += waitMs
    expect(limiter.begin('a', atMs)).toBe(0)
  }
  expect(waits).toEqual([1, 2, 4, 8, 10, 10])
  expect(limiter.begin('b', atMs)).toBe(0)
})

test('a slip now and then is forgotten after a minute, a row of them after a day', () => {
  const limiter = createAttemptLimiter(hourMs)
  for (let count = 0; count < 4; count++) limiter.begin('a', 0)
  for (let count = 0; count < 5; count++) expect(limiter.begin('a', minuteMs)).toBe(0)
  expect(limiter.begin('a', minuteMs)).toBe(minuteMs)
  expect(limiter.begin('a', 3 * minuteMs)).toBe(0)
  expect(limiter.begin('a', 3 * minuteMs)).toBe(2 * minuteMs)
  expect(limiter.begin('a', 25 * hourMs)).toBe(0)
  expect(limiter.begin('a', 25 * hourMs)).toBe(0)
})

test('success takes back its own attempt, or all of them', () => {
  const limiter = createAttemptLimiter(hourMs)
  for (let count = 0; count < 9; count++) {
    expect(limiter.begin('a', 0)).toBe(0)
    limiter.succeeded('a', { forget: false })
  }
  for (let count = 0; count < 4; count++) limiter.begin('a', 0)
  limiter.begin('a', 0)
  limiter.succeeded('a', { forget: false })
  limiter.begin('a', 0)
  expect(limiter.begin('a', 0)).toBeGreaterThan(0)
  limiter.succeeded('a', { forget: true })
  expect(limiter.begin('a', 0)).toBe(0)
})

test('a flood of names does not fill the memory, and the newest are kept', () => {
  const limiter = createAttemptLimiter(hourMs)
  for (let count = 0; count < 5; count++) limiter.begin('old', 0)
  for (let index = 0; index < 20_000; index++) limiter.begin(`name ${index}`, 1)
  expect(limiter.begin('old', 2)).toBe(0)
  for (let count = 0; count < 4; count++) limiter.begin('name 19999', 2)
  expect(limiter.begin('name 19999', 2)).toBeGreaterThan(0)
})
