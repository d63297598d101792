import { describe, expect, test } from 'vitest'
import { createWallClock } from './wall-clock.ts'

const clock = createWallClock()
const at = (text: string) => Date.parse(text)
const iso = (ms: number | undefined) => (ms === undefined ? undefined : new Date(ms).toISOString())

describe('a wall clock', () => {
  test('shows what the zone shows', () => {
    expect(iso(clock.wallMs('Europe/Berlin', at('2026-07-01T12:00:00Z')))).toBe('2026-07-01T14:00:00.000Z')
    expect(iso(clock.wallMs('Asia/Kolkata', at('2026-01-01T00:00:00Z')))).toBe('2026-01-01T05:30:00.000Z')
    expect(iso(clock.wallMs('UTC', at('2026-01-01T00:00:00.123Z')))).toBe('2026-01-01T00:00:00.123Z')
  })

  test('finds the instant of a time that is shown once', () => {
    expect(iso(clock.instantMs('America/New_York', at('2026-03-07T02:30:00Z')))).toBe('2026-03-07T07:30:00.000Z')
    expect(iso(clock.instantMs('Asia/Seoul', at('2026-03-07T02:30:00Z')))).toBe('2026-03-06T17:30:00.000Z')
  })

  test('takes the moment the clock is put forward for a time that is never shown', () => {
    expect(iso(clock.instantMs('Europe/Berlin', at('2026-03-29T02:00:00Z')))).toBe('2026-03-29T01:00:00.000Z')
    expect(iso(clock.instantMs('Europe/Berlin', at('2026-03-29T02:59:59Z')))).toBe('2026-03-29T01:00:00.000Z')
    expect(iso(clock.instantMs('Europe/Berlin', at('2026-03-29T03:00:00Z')))).toBe('2026-03-29T01:00:00.000Z')
    // Samoa left out a whole day, Lord Howe puts its clock by half an hour.
    expect(iso(clock.instantMs('Pacific/Apia', at('2011-12-30T12:00:00Z')))).toBe('2011-12-30T10:00:00.000Z')
    expect(iso(clock.instantMs('Australia/Lord_Howe', at('2026-10-04T02:15:00Z')))).toBe('2026-10-03T15:30:00.000Z')
  })

  test('takes the first of two when a time is shown twice', () => {
    expect(iso(clock.instantMs('Europe/Berlin', at('2026-10-25T02:30:00Z')))).toBe('2026-10-25T00:30:00.000Z')
    expect(iso(clock.instantMs('Europe/Berlin', at('2026-10-25T03:00:00Z')))).toBe('2026-10-25T02:00:00.000Z')
  })

  test('says when the clock is put', () => {
    const [from, to] = [at('2026-10-24T22:00:00Z'), at('2026-10-25T22:00:00Z')]
    expect(iso(clock.changeMs('Europe/Berlin', from, to))).toBe('2026-10-25T01:00:00.000Z')
    expect(clock.changeMs('UTC', from, to)).toBeUndefined()
  })
})
