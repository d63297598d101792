import { describe, expect, test } from 'vitest'
import { createCronClock } from './cron-clock.ts'

const clock = createCronClock()

function firesBetween(cron: string, timeZone: string, from: string, to: string): string[] {
  const found: string[] = []
  let at = clock.next({ cron, timeZone }, Date.parse(from))
  while (at !== undefined && at <= Date.parse(to)) {
    found.push(new Date(at).toISOString().slice(5, 16))
    at = clock.next({ cron, timeZone }, at)
  }
  return found
}

describe('the fires of a cron line', () => {
  test('are at the time of the zone', () => {
    const fires = firesBetween('0 2 * * *', 'America/New_York', '2026-01-01T00:00:00Z', '2026-01-03T00:00:00Z')
    expect(fires).toEqual(['01-01T07:00', '01-02T07:00'])
  })

  test('in the hour that is left out happen once, as soon as it is over', () => {
    const day = ['2026-03-28T12:00:00Z', '2026-03-29T12:00:00Z'] as const
    expect(firesBetween('30 2 * * *', 'Europe/Berlin', ...day)).toEqual(['03-29T01:00'])
    expect(firesBetween('0,30 2 * * *', 'Europe/Berlin', ...day)).toEqual(['03-29T01:00'])
    expect(firesBetween('0 2,3 * * *', 'Europe/Berlin', ...day)).toEqual(['03-29T01:00'])
    expect(firesBetween('30 1-3 * * *', 'Europe/Berlin', ...day)).toEqual(['03-29T00:30', '03-29T01:00', '03-29T01:30'])
    expect(firesBetween('30 * * * *', 'Europe/Berlin', '2026-03-29T00:00:00Z', '2026-03-29T02:00:00Z')).toEqual([
      '03-29T00:30',
      '03-29T01:00',
      '03-29T01:30',
    ])
  })

  test('every six hours miss none when midnight is left out', () => {
    // Beirut puts its clock forward at midnight.
    const fires = firesBetween('0 */6 * * *', 'Asia/Beirut', '2026-03-28T12:00:00Z', '2026-03-29T12:00:00Z')
    expect(fires).toEqual(['03-28T16:00', '03-28T22:00', '03-29T03:00', '03-29T09:00'])
  })

  test('in the hour that comes twice happen once when hours are named', () => {
    const day = ['2026-10-24T12:00:00Z', '2026-10-25T12:00:00Z'] as const
    expect(firesBetween('30 2 * * *', 'Europe/Berlin', ...day)).toEqual(['10-25T00:30'])
    expect(firesBetween('*/30 2 * * *', 'Europe/Berlin', ...day)).toEqual(['10-25T00:00', '10-25T00:30'])
    expect(firesBetween('0 1-3 * * *', 'Europe/Berlin', ...day)).toEqual(['10-24T23:00', '10-25T00:00', '10-25T02:00'])
    expect(firesBetween('0 */6 * * *', 'America/Havana', '2026-10-31T20:00:00Z', '2026-11-01T20:00:00Z')).toEqual([
      '10-31T22:00',
      '11-01T04:00',
      '11-01T11:00',
      '11-01T17:00',
    ])
  })

  test('of every hour go on without a pause while an hour comes twice', () => {
    const fires = firesBetween('*/30 * * * *', 'Europe/Berlin', '2026-10-24T23:59:00Z', '2026-10-25T02:30:00Z')
    expect(fires).toEqual(['10-25T00:00', '10-25T00:30', '10-25T01:00', '10-25T01:30', '10-25T02:00', '10-25T02:30'])
  })

  test('go on from the middle of the hour that comes twice', () => {
    const from = Date.parse('2026-10-25T01:10:00Z')
    const named = clock.next({ cron: '30 2 * * *', timeZone: 'Europe/Berlin' }, from)
    expect(new Date(named ?? 0).toISOString()).toBe('2026-10-26T01:30:00.000Z')
    const hourly = clock.next({ cron: '30 * * * *', timeZone: 'Europe/Berlin' }, from)
    expect(new Date(hourly ?? 0).toISOString()).toBe('2026-10-25T01:30:00.000Z')
  })

  test('that never come are none', () => {
    expect(clock.next({ cron: '0 0 31 2 *', timeZone: 'UTC' }, Date.parse('2026-01-01T00:00:00Z'))).toBeUndefined()
  })

  test('are one a day for a daily line, all through a year, in any zone', () => {
    for (const timeZone of ['Europe/Berlin', 'America/Santiago', 'Australia/Lord_Howe', 'Africa/Casablanca']) {
      for (const minute of [0, 15, 45]) {
        for (const hour of [0, 1, 2, 23]) {
          const fires = firesBetween(
            `${minute} ${hour} * * *`,
            timeZone,
            '2027-01-01T12:00:00Z',
            '2028-01-01T12:00:00Z',
          )
          expect(fires, `${minute} ${hour} in ${timeZone}`).toHaveLength(365)
        }
      }
    }
  })
})
