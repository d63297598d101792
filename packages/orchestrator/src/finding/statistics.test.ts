import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { median, robustSlope, spread } from './statistics.ts'

describe('robust statistics', () => {
  it('takes the middle value, or the mean of the two in the middle', () => {
    expect(median([5, 1, 9])).toBe(5)
    expect(median([4, 1, 3, 100])).toBe(3.5)
    expect(median([])).toBeNaN()
  })

  it('is not moved by one wild value', () => {
    expect(median([10, 11, 12, 13, 1e9])).toBe(12)
    expect(spread([10, 11, 12, 13, 1e9])).toBeCloseTo(1.4826)
  })

  it('finds the growth of a line with some days far off', () => {
    const points = Array.from({ length: 20 }, (_, x) => ({ x, y: x % 7 === 3 ? 1e6 : 5 + 3 * x }))
    expect(robustSlope(points)).toBeCloseTo(3)
  })

  it('finds the growth of any straight line', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1000, max: 1000 }), fc.integer(), fc.integer({ min: 2, max: 30 }), (a, b, n) => {
        const points = Array.from({ length: n }, (_, x) => ({ x, y: a * x + b }))
        expect(robustSlope(points)).toBeCloseTo(a, 3)
      }),
    )
  })
})
