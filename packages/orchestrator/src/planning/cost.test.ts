import { describe, expect, test } from 'vitest'
import { estimateCost } from './cost.ts'
import { seriesOf } from '../finding/history.ts'
import { fullAt, growthPerDay } from './growth.ts'

const gib = 2 ** 30
const price = { currency: 'EUR', storedGibMonth: 0.02, readGib: 0.1, thousandRequests: 0.005, minimumDays: 0 }

describe('the cost of a repository', () => {
  test('is what is stored, and what reading it once would cost', () => {
    const cost = estimateCost(price, { bytes: 1000 * gib, bytesPerDay: 0, writtenBytesPerDay: 0 })
    expect(cost).toMatchObject({
      currency: 'EUR',
      storagePerMonth: 20,
      requestsPerMonth: 0,
      perMonth: 20,
      readAll: 100,
    })
  })

  test('counts a request for every pack that is written', () => {
    const { requestsPerMonth } = estimateCost(price, {
      bytes: 0,
      bytesPerDay: 0,
      writtenBytesPerDay: 16 * 2 ** 20 * 1000,
    })
    expect(requestsPerMonth).toBeCloseTo(30.44 * 0.005, 6)
  })

  test('counts what is removed too soon until its minimum is over', () => {
    const basis = { bytes: 100 * gib, bytesPerDay: gib, writtenBytesPerDay: 3 * gib }
    const { earlyRemovalPerMonth } = estimateCost({ ...price, minimumDays: 30 }, basis)
    expect(earlyRemovalPerMonth).toBeCloseTo(2 * 30 * 0.02, 6)
    expect(estimateCost(price, basis).earlyRemovalPerMonth).toBe(0)
  })

  test('of a year ahead follows the growth, but never below nothing', () => {
    const at = (bytesPerDay: number) =>
      estimateCost(price, { bytes: 10 * gib, bytesPerDay, writtenBytesPerDay: 0 }).storagePerMonthInAYear
    expect(at(gib)).toBeCloseTo(375 * 0.02, 6)
    expect(at(-gib)).toBe(0)
  })
})

describe('the growth of a repository', () => {
  const day = (n: number) => new Date(Date.UTC(2026, 0, 1 + n))

  test('is told from a week on, and not bent by one day of cleaning up', () => {
    const samples = Array.from({ length: 20 }, (_, n) => ({ at: day(n), value: n === 10 ? 0 : n * 100 }))
    expect(growthPerDay(seriesOf(samples.slice(0, 5)))).toBeUndefined()
    expect(growthPerDay(seriesOf(samples))).toBe(100)
  })

  test('says when it is full', () => {
    const size = { bytes: 1000, capacityBytes: 2000, bytesPerDay: 100 }
    expect(fullAt(size, day(0))).toEqual(day(10))
    expect(fullAt({ ...size, bytesPerDay: 0 }, day(0))).toBeUndefined()
    expect(fullAt({ ...size, bytesPerDay: -5 }, day(0))).toBeUndefined()
    expect(fullAt({ ...size, bytes: 3000 }, day(0))).toEqual(day(0))
  })
})
