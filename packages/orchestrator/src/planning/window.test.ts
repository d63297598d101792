import type { WindowSettings } from '@holdfast/core/config/effective-config'
import { describe, expect, test } from 'vitest'
import { createWallClock } from './wall-clock.ts'
import { afterWindows, isWithin, nextOpening } from './window.ts'

const wall = createWallClock()
const night: WindowSettings = { startMinute: 22 * 60, endMinute: 6 * 60, timeZone: 'Europe/Berlin' }
const free = (windows: readonly WindowSettings[], at: string) =>
  new Date(afterWindows(windows, Date.parse(at), wall)).toISOString()

describe('a window', () => {
  test('that crosses midnight covers both sides of it', () => {
    expect(isWithin(night, Date.parse('2026-01-10T20:59:59Z'), wall)).toBe(false)
    expect(isWithin(night, Date.parse('2026-01-10T21:00:00Z'), wall)).toBe(true)
    expect(isWithin(night, Date.parse('2026-01-11T04:59:59Z'), wall)).toBe(true)
    expect(isWithin(night, Date.parse('2026-01-11T05:00:00Z'), wall)).toBe(false)
  })

  test('of some days covers the night that begins on them', () => {
    // 2026-01-10 is a Saturday.
    const saturdays = { ...night, days: [6] }
    expect(isWithin(saturdays, Date.parse('2026-01-10T22:00:00Z'), wall)).toBe(true)
    expect(isWithin(saturdays, Date.parse('2026-01-11T04:00:00Z'), wall)).toBe(true)
    expect(isWithin(saturdays, Date.parse('2026-01-11T22:00:00Z'), wall)).toBe(false)
  })

  test('puts off to its end, also when the clock is put in between', () => {
    expect(free([night], '2026-01-10T22:00:00Z')).toBe('2026-01-11T05:00:00.000Z')
    expect(free([night], '2026-03-28T22:00:00Z')).toBe('2026-03-29T04:00:00.000Z')
    expect(free([night], '2026-10-25T01:30:00Z')).toBe('2026-10-25T05:00:00.000Z')
    expect(free([night], '2026-01-10T12:00:00Z')).toBe('2026-01-10T12:00:00.000Z')
  })

  test('hands on to the next one that begins before it ends', () => {
    const morning: WindowSettings = { startMinute: 5 * 60 + 30, endMinute: 8 * 60, timeZone: 'Europe/Berlin' }
    expect(free([morning, night], '2026-01-10T22:00:00Z')).toBe('2026-01-11T07:00:00.000Z')
  })

  test('covers nothing when together with others it would leave no moment free', () => {
    const day: WindowSettings = { startMinute: 6 * 60, endMinute: 22 * 60, timeZone: 'Europe/Berlin' }
    expect(free([day, night], '2026-01-10T22:00:00Z')).toBe('2026-01-10T22:00:00.000Z')
  })

  test('is found again a week later when it opens once a week', () => {
    const next = nextOpening({ ...night, days: [6] }, Date.parse('2026-01-11T05:00:00Z'), wall)
    expect(new Date(next?.startMs ?? 0).toISOString()).toBe('2026-01-17T21:00:00.000Z')
    expect(new Date(next?.endMs ?? 0).toISOString()).toBe('2026-01-18T05:00:00.000Z')
  })
})
