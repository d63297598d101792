import { expect, it } from 'vitest'
import { idleLimitOf, keepAliveMs } from './snapshot-lock.ts'

it('keeps a lock that is held for hours, also when we are silent for twenty seconds more than we mean to be', () => {
  for (const waitMs of [0, 1000, 60_000]) {
    expect(idleLimitOf({ waitMs, keepsWriters: true }) - keepAliveMs).toBeGreaterThanOrEqual(20_000)
  }
})

it('frees writers soon when its machine is gone, but never while programs may still begin', () => {
  for (const waitMs of [1000, 60_000]) {
    const overMs = idleLimitOf({ waitMs, keepsWriters: false }) - waitMs
    expect([overMs > 0, overMs <= 10_000]).toEqual([true, true])
  }
})
