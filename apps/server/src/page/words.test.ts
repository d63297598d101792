import { describe, expect, test } from 'vitest'

// boundary: a module of the browser, which the compiler of the server does not read
const { agoText, countText, durationText, listText, sizeText } = (await import(
  new URL('assets/words.js', import.meta.url).href
)) as {
  agoText(at: Date, now: Date): string
  countText(count: number, one: string, many?: string): string
  durationText(seconds: number): string
  listText(words: readonly string[]): string
  sizeText(bytes: number): string
}

describe('a duration', () => {
  test.each([
    [0, '0 s'],
    [59.9, '59 s'],
    [60, '1 min'],
    [372, '6 min 12 s'],
    [599, '9 min 59 s'],
    [601, '10 min'],
    [3_599, '59 min'],
    [7_200, '2 h'],
    [12_000, '3 h 20 min'],
    [86_400, '1 day'],
    [90_000, '1 day 1 h'],
    [187_200, '2 days 4 h'],
    [1_300_000, '15 days'],
    [-5, '0 s'],
  ])('of %d s is said as %s, rounded down', (seconds, text) => {
    expect(durationText(seconds)).toBe(text)
  })
})

describe('an age', () => {
  const now = new Date('2026-11-21T12:00:00Z')
  const before = (seconds: number) => agoText(new Date(now.getTime() - seconds * 1000), now)
  test('is told in fewer figures the older it is', () => {
    expect([3, 40, 130, 7_230, 18_060, 124_000, 800_000].map(before)).toEqual([
      'just now',
      '40 s ago',
      '2 min ago',
      '2 h ago',
      '5 h ago',
      '1 day 10 h ago',
      '9 days ago',
    ])
  })

  test('of a clock that is a little ahead is now, of one far ahead lies in the future', () => {
    expect([before(-8), before(-300)]).toEqual(['just now', 'in 5 min'])
  })
})

test('a size has three figures at most, in units of 1024', () => {
  const sizes = [0, 1023, 1024, 1_023_000, 1_048_576, 4_412_311, 88_120, 8_100_000_000, 1_099_511_627_776_000]
  expect(sizes.map(sizeText)).toEqual([
    ...['0 B', '1023 B', '1.0 KiB', '999 KiB', '1.0 MiB', '4.2 MiB', '86 KiB', '7.5 GiB', '1.0 PiB'],
  ])
})

test('counts and lists read as sentences do', () => {
  expect([countText(1, 'file'), countText(12_401, 'file'), countText(2, 'entry', 'entries')]).toEqual([
    ...['1 file', '12,401 files', '2 entries'],
  ])
  expect([[], ['a'], ['a', 'b'], ['a', 'b', 'c']].map(listText)).toEqual(['', 'a', 'a and b', 'a, b and c'])
})
