import * as fc from 'fast-check'
import { afterEach, expect, test } from 'vitest'
import { formatSecond, formatTimestamp, parseTimestamp, resetTimestampCache } from './timestamp.ts'

const outerZone = process.env['TZ']

function setZone(zone: string | undefined): void {
  if (zone === undefined) delete process.env['TZ']
  else process.env['TZ'] = zone
  resetTimestampCache()
}

afterEach(() => setZone(outerZone))

const second = 1_000_000_000n

test.each([
  ['UTC', 0n, '1970-01-01T00:00:00Z'],
  ['UTC', 1n, '1970-01-01T00:00:00.000000001Z'],
  ['UTC', -1n, '1969-12-31T23:59:59.999999999Z'],
  ['UTC', 120_000_000n, '1970-01-01T00:00:00.12Z'],
  ['UTC', 1_709_210_096n * second + 500_000_000n, '2024-02-29T12:34:56.5Z'],
  ['UTC', 16_725_225_600n * second, '2500-01-01T00:00:00Z'],
  ['Asia/Seoul', 0n, '1970-01-01T09:00:00+09:00'],
  ['America/St_Johns', 0n, '1969-12-31T20:30:00-03:30'],
  ['Asia/Kathmandu', 1_709_210_096n * second, '2024-02-29T18:19:56+05:45'],
  // an hour that exists twice
  ['Europe/Berlin', 1_729_989_000n * second, '2024-10-27T02:30:00+02:00'],
  ['Europe/Berlin', 1_729_992_600n * second, '2024-10-27T02:30:00+01:00'],
  // the offset was −00:44:30, and Go writes its minutes only
  ['Africa/Monrovia', 0n, '1969-12-31T23:15:30-00:44'],
  ['UTC', -62_167_219_200n * second, '0000-01-01T00:00:00Z'],
  ['UTC', 253_402_300_799n * second, '9999-12-31T23:59:59Z'],
])('in %s the instant %s is written %s', (zone, ns, text) => {
  setZone(zone)
  expect(formatTimestamp(ns)).toBe(text)
  expect(formatTimestamp(ns)).toBe(text)
})

test('an instant beyond the years of RFC 3339 is moved to the nearest year', () => {
  setZone('UTC')
  expect(formatTimestamp(253_402_300_800n * second + 5n)).toBe('9999-01-01T00:00:00.000000005Z')
  expect(formatTimestamp(-62_167_219_201n * second)).toBe('0000-12-31T23:59:59Z')
  expect(formatTimestamp(1n << 63n)).toMatch(/^2262-/)
  expect(formatTimestamp(-(1n << 100n))).toMatch(/^0000-\d\d-\d\dT[\d:.]+Z$/)
})

test('a day that the nearest year does not have becomes the next', () => {
  // 29 February of the year 10000
  expect(formatSecond(253_407_398_400, () => 0).head).toBe('9999-03-01T00:00:00')
})

test('the second in the cache does not leak into another', () => {
  setZone('UTC')
  expect(formatTimestamp(5n * second + 1n)).toBe('1970-01-01T00:00:05.000000001Z')
  expect(formatTimestamp(-5n * second + 1n)).toBe('1969-12-31T23:59:55.000000001Z')
  expect(formatTimestamp(5n * second)).toBe('1970-01-01T00:00:05Z')
})

test('around each change of a zone the offset is the right one', () => {
  setZone('America/St_Johns')
  const wrong: string[] = []
  // 2010-03-14 and 2010-11-07, one minute past midnight there
  for (const change of [1_268_537_460, 1_289_097_060]) {
    for (let at = change - 30_000; at < change + 30_000; at += 37) {
      const text = formatTimestamp(BigInt(at) * second)
      const summer = change === 1_268_537_460 ? at >= change : at < change
      if (!text.endsWith(summer ? '-02:30' : '-03:30')) wrong.push(text)
    }
  }
  expect(wrong).toEqual([])
})

test('every instant reads back, in any zone', () => {
  const zones = ['UTC', 'Asia/Seoul', 'America/St_Johns', 'Europe/Berlin', 'Pacific/Apia']
  const instant = fc.bigInt({ min: 0n, max: 250_000_000_000n * second })
  fc.assert(
    fc.property(fc.constantFrom(...zones), instant, (zone, ns) => {
      setZone(zone)
      expect(parseTimestamp(formatTimestamp(ns))?.ns).toBe(ns)
    }),
  )
})

test('every day of the calendar is the one that Date gives', () => {
  fc.assert(
    fc.property(fc.integer({ min: -719_528, max: 2_932_896 }), (day) => {
      const text = new Date(day * 86_400_000).toISOString()
      expect(parseTimestamp(text)?.ns).toBe(BigInt(day) * 86_400n * second)
    }),
    { numRuns: 3000 },
  )
})

test('parsing gives the instant and the zone', () => {
  expect(parseTimestamp('2024-02-29T18:19:56.000000001+05:45')).toEqual({
    ns: 1_709_210_096n * second + 1n,
    offsetMinutes: 345,
  })
  expect(parseTimestamp('1969-12-31T20:30:00-03:30')).toEqual({ ns: 0n, offsetMinutes: -210 })
  expect(parseTimestamp('0001-01-01T00:00:00Z')).toEqual({ ns: -62_135_596_800n * second, offsetMinutes: 0 })
  expect(parseTimestamp('1969-12-31T23:59:59.999999999Z')).toEqual({ ns: -1n, offsetMinutes: 0 })
})

test.each([
  '',
  'now',
  '2024-02-30T00:00:00Z',
  '2023-02-29T00:00:00Z',
  '2024-13-01T00:00:00Z',
  '2024-00-01T00:00:00Z',
  '2024-01-01T24:00:00Z',
  '2024-01-01T00:60:00Z',
  '2024-01-01T00:00:60Z',
  '2024-01-01T00:00:00',
  '2024-01-01 00:00:00Z',
  '2024-01-01T00:00:00.Z',
  '2024-01-01T00:00:00.1234567890Z',
  '2024-01-01T00:00:00+25:00',
  '2024-01-01T00:00:00Z\n',
])('parsing refuses %j', (text) => {
  expect(parseTimestamp(text)).toBeUndefined()
})
