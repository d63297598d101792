import { describe, expect, test } from 'vitest'
import {
  addCalendar,
  calendarFields,
  formatZonedTime,
  isoWeek,
  parseZonedTime,
  type ZonedTime,
  zonedTimeOf,
} from './zoned-time.ts'

function at(text: string): ZonedTime {
  const time = parseZonedTime(text)
  if (time === undefined) throw new Error(`not a time: ${text}`)
  return time
}

describe('a zoned time', () => {
  test.each([
    '2026-11-21T02:12:59.123456789+09:00',
    '2026-11-21T02:12:59.1-03:30',
    '1969-12-31T23:59:59.999999999Z',
    '0001-01-01T00:00:00Z',
    '0099-02-28T05:00:00+14:00',
    '9999-12-31T23:59:59Z',
    '2024-02-29T00:00:00-12:00',
  ])('is printed as it was read: %s', (text) => {
    expect(formatZonedTime(at(text))).toBe(text)
  })

  test('compares equal moments in different zones as equal', () => {
    expect(at('2026-01-01T09:00:00.5+09:00').epochNs).toBe(at('2026-01-01T00:00:00.5Z').epochNs)
    expect(at('1970-01-01T00:00:01.000000001Z').epochNs).toBe(1_000_000_001n)
  })

  test('shows the calendar of its own zone', () => {
    expect(calendarFields(at('2026-01-01T00:30:00+09:00'))).toMatchObject({ year: 2026, month: 1, day: 1, hour: 0 })
    expect(calendarFields(zonedTimeOf(new Date('2026-01-01T00:30:00Z'), -60))).toMatchObject({
      year: 2025,
      day: 31,
      hour: 23,
    })
  })

  test.each([
    '',
    '2026-11-21',
    '2026-02-30T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-11-21T24:00:00Z',
    '2026-11-21T00:00:00',
  ])('refuses %j', (text) => {
    expect(parseZonedTime(text)).toBeUndefined()
  })

  test.each([
    ['2021-01-03T12:00:00Z', 2020, 53],
    ['2021-01-04T00:00:00Z', 2021, 1],
    ['2018-12-31T00:00:00Z', 2019, 1],
    ['2026-11-21T00:00:00Z', 2026, 47],
  ])('%s lies in ISO week %d-%d', (text, year, week) => {
    expect(isoWeek(at(text))).toEqual({ year, week })
  })

  test('moves by calendar units as Go does, days that do not exist running over', () => {
    expect(formatZonedTime(addCalendar(at('2026-03-31T10:00:00.000000007+02:00'), 0, -1, 0))).toBe(
      '2026-03-03T10:00:00.000000007+02:00',
    )
    expect(formatZonedTime(addCalendar(at('2024-02-29T00:00:00Z'), -1, 0, 0))).toBe('2023-03-01T00:00:00Z')
    expect(formatZonedTime(addCalendar(at('2026-01-15T00:00:00Z'), 0, -13, -15))).toBe('2024-11-30T00:00:00Z')
  })

  test('moves to the earliest date when no calendar reaches that far', () => {
    expect(addCalendar(at('2026-01-15T00:00:00Z'), -1_000_000, 0, 0).epochNs).toBeLessThan(
      at('0001-01-01T00:00:00Z').epochNs,
    )
  })
})
