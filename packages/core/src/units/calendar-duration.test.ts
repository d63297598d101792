import { describe, expect, test } from 'vitest'
import {
  formatCalendarDuration,
  isZeroCalendarDuration,
  parseCalendarDuration,
  subtractCalendarDuration,
} from './calendar-duration.ts'

describe('a calendar duration', () => {
  test('is read in any order of units and printed shortest', () => {
    expect(parseCalendarDuration('1y5m7d2h', '--keep-within')).toEqual({ years: 1, months: 5, days: 7, hours: 2 })
    expect(formatCalendarDuration(parseCalendarDuration('2h1y', '--keep-within'))).toBe('1y2h')
    expect(isZeroCalendarDuration(parseCalendarDuration('0d0h', '--keep-within'))).toBe(true)
  })

  test.each(['', '5', '5w', 'd', '1y 2m', '1.5d', '1d2d', '-1d', '99999999999h', 'd5'])(
    '%j is refused, naming option and value',
    (text) => {
      expect(() => parseCalendarDuration(text, '--keep-within')).toThrow(
        expect.objectContaining({
          code: 'ARGUMENT_INVALID',
          details: expect.objectContaining({ name: '--keep-within', value: JSON.stringify(text) }),
        }),
      )
    },
  )

  test('may be negative where that is allowed', () => {
    expect(parseCalendarDuration('-1d', 'x', { allowNegative: true }).days).toBe(-1)
  })

  test('is subtracted on the calendar of the zone, hours last', () => {
    const time = { ns: BigInt(Date.parse('2026-03-31T01:00:00+02:00')) * 1_000_000n + 5n, offsetMinutes: 120 }
    const earlier = subtractCalendarDuration(time, parseCalendarDuration('1m2h', 'x'))
    expect(earlier.ns).toBe(BigInt(Date.parse('2026-03-02T23:00:00+02:00')) * 1_000_000n + 5n)
  })
})
