import fc from 'fast-check'
import { expect, it } from 'vitest'
import { shareTables } from './share-tables.ts'
import type { SizedTable } from './table-size.ts'

const sized = (table: string, sizeBytes: number, key?: string): SizedTable => {
  return { database: 'd', table, sizeBytes, ...(key === undefined ? {} : { key }) }
}

function shown(tables: readonly SizedTable[], shares: number): (readonly [string, ...number[]])[] {
  return shareTables(tables, shares).map(({ table, pieces }) => [table.table, ...pieces])
}

it('divides a table that is more than a share, and keeps small ones whole', () => {
  expect(shown([sized('only', 400, 'id')], 4)).toEqual([['only', 0, 1, 2, 3]])
  const small = Array.from({ length: 8 }, (_, at) => sized(`t${at}`, 10, 'id'))
  expect(shown(small, 4).map(([, ...shares]) => shares)).toEqual([[0], [0], [1], [1], [2], [2], [3], [3]])
  expect(shown([sized('a', 10, 'id'), sized('b', 180, 'id'), sized('c', 10)], 2)).toEqual([
    ['a', 0],
    ['b', 0, 1],
    ['c', 1],
  ])
  // no piece is so small that it is not worth a program
  expect(shown([sized('a', 105, 'id'), sized('b', 95, 'id')], 2)).toEqual([
    ['a', 0],
    ['b', 1],
  ])
})

it('leaves a table whole that has no key to be divided by', () => {
  expect(shown([sized('a', 1000), sized('b', 10, 'id')], 4)).toEqual([
    ['a', 1],
    ['b', 3],
  ])
})

it('gives shares in order, all within range, and no piece much larger than a share where tables can be divided', () => {
  const anyTable = fc.record({ sizeBytes: fc.integer({ min: 1, max: 1000 }), hasKey: fc.boolean() })
  fc.assert(
    fc.property(fc.array(anyTable, { minLength: 1, maxLength: 30 }), fc.integer({ min: 2, max: 8 }), (list, shares) => {
      const tables = list.map(({ sizeBytes, hasKey }, at) => sized(`t${at}`, sizeBytes, hasKey ? 'id' : undefined))
      const shared = shareTables(tables, shares)
      const all = shared.flatMap(({ pieces }) => pieces)
      expect(all).toEqual(all.toSorted((one, other) => one - other))
      expect(all.every((share) => share >= 0 && share < shares)).toBe(true)
      if (!list.every(({ hasKey }) => hasKey)) return
      const fair = tables.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) / shares
      for (const { table, pieces } of shared) expect(table.sizeBytes / pieces.length).toBeLessThan(1.2 * fair)
    }),
  )
})
