import fc from 'fast-check'
import { expect, it } from 'vitest'
import { bordersOf, crowdedSpan, keyUnits } from './key-borders.ts'

function evenBorders(smallest: bigint, largest: bigint, wanted: number): bigint[] {
  const units = keyUnits(smallest, largest, wanted)
  return bordersOf(
    units,
    Array.from({ length: units.count }, () => 1),
  )
}

it('puts borders at fixed multiples, which stay while rows are added and removed', () => {
  const before = evenBorders(1n, 1_500_000n, 4)
  expect(before).toEqual([1n, 2n, 3n, 4n, 5n].map((at) => at * 262_144n))
  expect(evenBorders(200_000n, 1_570_000n, 4)).toEqual(before)
  expect(evenBorders(300_000n, 1_500_000n, 4)).toEqual(before.slice(1))
  // every second one outlives a range that has doubled
  expect(evenBorders(1n, 3_000_000n, 4)).toEqual([1n, 2n, 3n, 4n, 5n].map((at) => at * 524_288n))
  expect(evenBorders(-10n, 10n, 2)).toEqual([0n])
})

it('makes no piece where there are no rows', () => {
  expect(bordersOf({ width: 16n, first: -1n }, [900, 1, 1, 900])).toEqual([32n])
  expect(bordersOf({ width: 16n, first: 0n }, [1, 900, 900])).toEqual([16n, 32n].slice(1))
  expect(bordersOf({ width: 16n, first: 0n }, [0, 0])).toEqual([])
})

it('covers every key, whatever its sign and size, in about as many units as wanted', () => {
  const key = fc.bigInt({ min: -(1n << 63n), max: (1n << 64n) - 1n })
  fc.assert(
    fc.property(key, key, fc.integer({ min: 2, max: 64 }), (one, other, wanted) => {
      const [smallest, largest] = one < other ? [one, other] : [other, one]
      const { width, first, count } = keyUnits(smallest, largest, wanted)
      expect(first * width <= smallest && largest < (first + BigInt(count)) * width).toBe(true)
      expect(count).toBeLessThanOrEqual(1.5 * wanted + 0.5)
      if (largest - smallest > 1000n) expect(count).toBeGreaterThan(0.7 * wanted - 1)
    }),
  )
})

it('looks closer at where nearly all rows are', () => {
  expect(crowdedSpan([1, 0, 0, 0, 0, 0, 9000, 9000])).toEqual([6, 7])
  expect(crowdedSpan([1, 0, 0, 0, 0, 0, 0, 18_000])).toEqual([7, 7])
  expect(crowdedSpan([5, 5, 5, 5, 5])).toBe(undefined)
  expect(crowdedSpan([0, 0])).toBe(undefined)
})
