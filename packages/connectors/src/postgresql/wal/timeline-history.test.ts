import { isAppError } from '@holdfast/core/errors/app-error'
import { describe, expect, it } from 'vitest'
import {
  formatTimelineHistory,
  nextTimeline,
  parseTimelineHistory,
  timelineAt,
  timelineEnd,
  timelineStart,
} from './timeline-history.ts'

const text = '1\t0/5000000\tno recovery target specified\n\n# a remark\n3\t0/9000028\tbefore 2026-11-20 10:00:00+00\n'

describe('a timeline history', () => {
  const history = parseTimelineHistory(5, text)

  it('says where each timeline began and ended', () => {
    expect(timelineStart(history, 1)).toBe(0n)
    expect(timelineEnd(history, 1)).toBe(0x5000000n)
    expect(timelineStart(history, 3)).toBe(0x5000000n)
    expect(timelineStart(history, 5)).toBe(0x9000028n)
    expect(timelineEnd(history, 5)).toBeUndefined()
    expect(timelineStart(history, 2)).toBeUndefined()
    expect(nextTimeline(history, 1)).toBe(3)
    expect(nextTimeline(history, 3)).toBe(5)
    expect(nextTimeline(history, 5)).toBeUndefined()
  })

  it('knows on which timeline a byte was written', () => {
    expect([0x4ffffffn, 0x5000000n, 0x9000027n, 0x9000028n].map((lsn) => timelineAt(history, lsn))).toEqual([
      1, 3, 3, 5,
    ])
  })

  it('is written as it was read', () => {
    expect(parseTimelineHistory(5, formatTimelineHistory(history))).toEqual(history)
  })

  it.each(['1', '1 x', 'a\t0/1\tb', '5\t0/1\t', '2\t0/2\t\n1\t0/3\t', '1\t0/9\t\n2\t0/3\t', '0\t0/1\t'])(
    'refuses %j',
    (bad) => {
      expect(() => parseTimelineHistory(5, bad)).toThrowError(
        expect.toSatisfy((error) => isAppError(error, 'POSTGRES_WAL_UNREADABLE')),
      )
    },
  )
})
