import { expect, test } from 'vitest'
import { findRowDrops } from './row-drops.ts'

const tables = (counts: Record<string, number>) => new Map(Object.entries(counts))

test('tables that lost rows come with the largest part first; what lost a handful does not count', () => {
  const before = tables({ orders: 1000, carts: 500, users: 10_000, tags: 120 })
  expect(findRowDrops(before, tables({ orders: 600, carts: 50, users: 10_500, tags: 30 }))).toEqual([
    { table: 'carts', before: 500, now: 50 },
    { table: 'orders', before: 1000, now: 600 },
  ])
})

test('a table that is gone lost all of its rows, unless another has come: it was renamed, or a partition rotated', () => {
  const before = tables({ log_2025: 9000, orders: 1000 })
  expect(findRowDrops(before, tables({ orders: 1000 }))).toEqual([{ table: 'log_2025', before: 9000, now: 0 }])
  expect(findRowDrops(before, tables({ orders: 1000, log_2026: 3 }))).toEqual([])
  expect(findRowDrops(before, tables({ orders: 10, log_2026: 3 }))).toHaveLength(1)
})
