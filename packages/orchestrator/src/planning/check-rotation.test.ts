import { assert, integer, property } from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  afterCheck,
  type CheckRotation,
  chooseCheckParts,
  formatCheckParts,
  oldestRead,
  parseCheckParts,
  readRotation,
  writeRotation,
} from './check-rotation.ts'

const dayMs = 86_400_000
const at = (day: number) => new Date(Date.parse('2026-01-01T05:00:00Z') + day * dayMs)

describe('the rotation of checks', () => {
  test('reads one part after the other, each once before any is read again', () => {
    let rotation: CheckRotation | undefined
    const order: number[] = []
    for (let day = 0; day < 8; day++) {
      const chosen = chooseCheckParts(rotation, { everyMs: 7 * dayMs, readAllWithinMs: 30 * dayMs, now: at(7 * day) })
      expect(chosen.of).toBe(4)
      order.push(...chosen.parts)
      rotation = afterCheck(rotation, chosen, at(7 * day))
    }
    expect(order).toEqual([1, 2, 3, 4, 1, 2, 3, 4])
  })

  test('catches up after checks were missed', () => {
    const read = Array.from({ length: 10 }, (_, day) => at(day))
    const chosen = chooseCheckParts(
      { since: at(0), readAt: read },
      { everyMs: dayMs, readAllWithinMs: 10 * dayMs, now: at(13) },
    )
    expect(chosen).toEqual({ parts: [1, 2, 3, 4], of: 10 })
  })

  test('reads more than one part a time when there are no finer ones', () => {
    const chosen = chooseCheckParts(undefined, { everyMs: 2 * dayMs, readAllWithinMs: dayMs, now: at(0) })
    expect(chosen).toEqual({ parts: [1], of: 1 })
    const fine = chooseCheckParts(undefined, { everyMs: 60_000, readAllWithinMs: 365 * dayMs, now: at(0) })
    expect(fine.of).toBe(256)
  })

  test('counts for a new division only what was read whole', () => {
    const halves: CheckRotation = { since: at(0), readAt: [at(5), undefined] }
    const { of, parts } = chooseCheckParts(halves, { everyMs: dayMs, readAllWithinMs: 4 * dayMs, now: at(6) })
    // Parts 1 and 3 of 4 are the even bytes, which part 1 of 2 was.
    expect(of).toBe(4)
    expect(parts).toEqual([2, 4])
    const thirds = afterCheck(halves, { parts: [1], of: 3 }, at(7))
    expect(thirds.readAt).toEqual([at(7), undefined, undefined])
  })

  test('never lets a part wait longer than it should, however the pace falls out', () => {
    assert(
      property(
        integer({ min: 1, max: 40 }),
        integer({ min: 1, max: 400 }),
        integer({ min: 0, max: 5 }),
        (every, within, lostAt) => {
          let rotation: CheckRotation | undefined
          const pace = { everyMs: every * dayMs, readAllWithinMs: within * dayMs }
          for (let check = 0; check < 80; check++) {
            const now = at(check * every)
            // Sometimes a check is missed; the one after it makes up for it.
            if (check % 17 === lostAt) continue
            const chosen = chooseCheckParts(rotation, { ...pace, now })
            rotation = afterCheck(rotation, chosen, now)
            if (check % 17 === (lostAt + 16) % 17) continue
            const waitsMs = now.getTime() + pace.everyMs - oldestRead(rotation).getTime()
            expect(waitsMs).toBeLessThanOrEqual(Math.max(pace.readAllWithinMs, pace.everyMs))
          }
        },
      ),
      { numRuns: 100 },
    )
  })

  test('survives a restart as its mark', () => {
    const rotation: CheckRotation = { since: at(0), readAt: [at(1), undefined] }
    expect(readRotation(writeRotation(rotation))).toEqual(rotation)
    expect(readRotation('{')).toBeUndefined()
    expect(readRotation('{"since":"2026-01-01T00:00:00Z","readAt":3}')).toBeUndefined()
    expect(readRotation(undefined)).toBeUndefined()
  })

  test('is written in a run as parts of a whole', () => {
    expect(formatCheckParts({ parts: [3, 4], of: 12 })).toBe('3,4/12')
    expect(parseCheckParts('3,4/12')).toEqual({ parts: [3, 4], of: 12 })
    for (const wrong of ['', '3', '0/4', '5/4', '1/300', '1,/4']) expect(parseCheckParts(wrong)).toBeUndefined()
  })
})
