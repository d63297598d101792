import { AppError } from '@holdfast/core/errors/app-error'
import { expect, test } from 'vitest'
import { retryDelayMs } from './retry-delay.ts'

const away = new AppError('STORAGE_UNREACHABLE', { action: 'read', file: 'config', location: 'x', reason: 'gone' })

test('what may pass is tried again after 30 s, then after twice as long each time, up to a quarter of an hour', () => {
  expect([1, 2, 3, 6, 60].map((attempt) => retryDelayMs(away, attempt, 0.5))).toEqual([
    30_000, 60_000, 120_000, 900_000, 900_000,
  ])
})

test('delays are varied by half', () => {
  expect([retryDelayMs(away, 1, 0), retryDelayMs(away, 1, 1)]).toEqual([15_000, 45_000])
})

test('what cannot pass, an interruption and mistakes of the program are not tried again', () => {
  expect(retryDelayMs(new AppError('ARGUMENT_INVALID', { name: 'a', value: 'b', reason: 'c' }), 1, 0)).toBeUndefined()
  expect(retryDelayMs(new AppError('INTERRUPTED', {}), 1, 0)).toBeUndefined()
  expect(retryDelayMs(new TypeError('x is undefined'), 1, 0)).toBeUndefined()
})
