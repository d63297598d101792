import { describe, expect, test } from 'vitest'
import { addCalendar, calendarFields, isoWeek, type ZonedTime, zonedTimeOf } from './zoned-time.ts'

/** The moment that a text with an offset names. */
function at(text: string): ZonedTime {
  const [, sign = '+', hours = '0', minutes = '0'] = /([+-])(\d\d):(\d\d)$/.exec(text) ?? []
  return zonedTimeOf(new Date(text), (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -1 : 1))
}

function local(time: ZonedTime): string {
  const { year, month, day, hour, minute, second } = calendarFields(time)
  return [year, month, day, hour, minute, second].join(' ')
}

describe('a zoned time', () => {
  test('shows the calendar of its own zone', () => {
    expect(local(at('2026-01-01T00:30:00+09:00'))).toBe('2026 1 1 0 30 0')
    expect(local(zonedTimeOf(new Date('2026-01-01T00:30:00Z'), -210))).toBe('2025 12 31 21 0 0')
  })

  test('before 1970 shows the second that has begun', () => {
    expect(local({ ns: -1n, offsetMinutes: 0 })).toBe('1969 12 31 23 59 59')
  })

  test.each([
    ['2021-01-03T12:00:00Z', 2020, 53],
    ['2021-01-04T00:00:00Z', 2021, 1],
    ['2018-12-31T00:00:00Z', 2019, 1],
    ['2026-11-21T00:00:00Z', 2026, 47],
    ['2021-01-04T00:30:00+09:00', 2021, 1],
  ])('%s lies in ISO week %d-%d', (text, year, week) => {
    expect(isoWeek(at(text))).toEqual({ year, week })
  })

  test('moves by calendar units as Go does, days that do not exist running over', () => {
    expect(local(addCalendar(at('2026-03-31T10:00:00+02:00'), 0, -1, 0))).toBe('2026 3 3 10 0 0')
    expect(local(addCalendar(at('2024-02-29T00:00:00Z'), -1, 0, 0))).toBe('2023 3 1 0 0 0')
    expect(local(addCalendar(at('2026-01-15T00:00:00Z'), 0, -13, -15))).toBe('2024 11 30 0 0 0')
    expect(local(addCalendar(at('2026-01-15T00:00:00Z'), -1976, 0, 0))).toBe('50 1 15 0 0 0')
  })

  test('keeps its nanoseconds when it is moved', () => {
    expect(addCalendar({ ns: 1_000_000_007n, offsetMinutes: 0 }, 0, 0, 1).ns).toBe(86_401_000_000_007n)
  })

  test('moves to the earliest date when no calendar reaches that far', () => {
    expect(addCalendar(at('2026-01-15T00:00:00Z'), -1_000_000, 0, 0).ns).toBeLessThan(at('0001-01-01T00:00:00Z').ns)
  })
})
