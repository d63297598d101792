import { expect, test } from 'vitest'
import { tableRowsOf } from './note-row-drops.ts'

test('rows are read by table from manifests of PostgreSQL and of MySQL, and anything else tells nothing', () => {
  const of = (tables: unknown) => tableRowsOf({ fingerprint: { databases: [{ name: 'shop', tables }] } })
  expect([...of([{ schema: 'public', name: 'orders', rows: '12' }])]).toEqual([['shop.public.orders', 12]])
  expect([...of([{ name: 'orders', rows: '7' }])]).toEqual([['shop.orders', 7]])
  expect([...of([{ name: 'broken' }]), ...of('x'), ...tableRowsOf(undefined), ...tableRowsOf({})]).toEqual([])
})
