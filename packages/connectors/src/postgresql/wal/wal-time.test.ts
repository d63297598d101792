import { describe, expect, it } from 'vitest'
import { dateOfWalTime, earlierTime, laterTime, postgresMicroseconds, walTime, walTimeOf } from './wal-time.ts'

describe('times in WAL', () => {
  it('are counted in microseconds from the year 2000', () => {
    expect(walTime(0n)).toBe('2000-01-01T00:00:00.000000Z')
    expect(walTime(848_539_799_123_456n)).toBe('2026-11-21T01:29:59.123456Z')
    expect(walTime(-1n)).toBe('1999-12-31T23:59:59.999999Z')
  })

  it('go to and from dates', () => {
    const date = new Date('2026-11-20T14:29:59.007Z')
    expect(walTimeOf(date)).toBe('2026-11-20T14:29:59.007000Z')
    expect(dateOfWalTime(walTimeOf(date))).toEqual(date)
    expect(walTime(postgresMicroseconds(date))).toBe(walTimeOf(date))
  })

  it('stay readable when WAL holds nonsense', () => {
    expect(walTime((1n << 63n) - 1n)).toMatch(/^9953-/)
    expect(walTime(-(1n << 63n))).toBe('1970-01-01T00:00:00.000000Z')
  })

  it('are compared as texts', () => {
    expect(laterTime('2026-11-20T14:29:59.007000Z', '2026-11-20T14:29:59.006999Z')).toBe('2026-11-20T14:29:59.007000Z')
    expect(earlierTime(undefined, '2026-11-20T14:29:59.006999Z')).toBe('2026-11-20T14:29:59.006999Z')
  })
})
