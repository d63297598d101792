import { describe, expect, test } from 'vitest'
import { formatDurationMs, parseDurationMs } from './duration.ts'

describe('a duration', () => {
  test.each([
    ['0', 0],
    ['250ms', 250],
    ['15s', 15_000],
    ['10m', 600_000],
    ['1h30m', 5_400_000],
    ['1.5h', 5_400_000],
    ['2d', 172_800_000],
  ])('%s is %d milliseconds', (text, expected) => {
    expect(parseDurationMs(text, '--retry-lock')).toBe(expected)
  })

  test.each(['', '10', '-5s', '5x', 's', '1h 30m', '99999999999999d'])(
    '%j is refused, naming option and value',
    (text) => {
      expect(() => parseDurationMs(text, '--retry-lock')).toThrow(
        expect.objectContaining({
          code: 'ARGUMENT_INVALID',
          details: expect.objectContaining({ name: '--retry-lock', value: JSON.stringify(text) }),
        }),
      )
    },
  )

  test.each([
    [40, '40ms'],
    [12_340, '12.3s'],
    [59_960, '1m 00s'],
    [365_000, '6m 05s'],
    [7_500_000, '2h 05m'],
    [183_600_000, '2d 3h'],
  ])('of %d milliseconds is shown as %s', (durationMs, expected) => {
    expect(formatDurationMs(durationMs)).toBe(expected)
  })
})
