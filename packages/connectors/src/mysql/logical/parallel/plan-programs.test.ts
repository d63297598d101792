import { expect, it } from 'vitest'
import type { DatabaseStructure } from '../read-structure.ts'
import { type PlacedTable, planPrograms } from './plan-programs.ts'

const database = (name: string, tables: readonly string[]): DatabaseStructure => ({
  ...{ name, characterSet: 'utf8mb4', collation: 'utf8mb4_bin', views: [], routines: [], triggers: [], events: [] },
  tables: tables.map((table) => ({ name: table, engine: 'InnoDB' })),
})

const placed = (
  name: string,
  table: string,
  shares: readonly number[],
  borders: readonly bigint[] = [],
): PlacedTable => {
  const [firstShare = 0, lastShare = firstShare] = shares
  return { table: { database: name, table, sizeBytes: 1, key: 'i`d' }, firstShare, lastShare, borders }
}

it('divides one table by ranges that leave out no key, its structure before and its triggers behind them', () => {
  const plan = planPrograms([database('d', ['t'])], [placed('d', 't', [0, 2], [-16n, 32n])])
  const rows = { type: 'rows', database: 'd', table: 't', isFirst: false, isLast: false }
  expect(plan.tasks).toEqual([
    { type: 'databases', databases: ['d'], ignored: ['d.t'] },
    { ...rows, where: '`i``d` < -16', isFirst: true },
    { ...rows, where: '`i``d` >= -16 AND `i``d` < 32' },
    { ...rows, where: '`i``d` >= 32', isLast: true },
  ])
  expect(plan.files.map(({ parts }) => parts)).toEqual([
    [{ task: 0, type: 'database' }, ...[1, 2, 3].map((task) => ({ task, type: 'database' })), { task: 0, type: 'end' }],
  ])
})

it('gives each share its databases whole, and names the tables of a database that goes on in another share', () => {
  const databases = [database('a', ['1', '2']), database('b', ['3', '4', '5', '6', 'left out']), database('c', [])]
  const plan = planPrograms(databases, [
    ...[placed('a', '1', [0]), placed('a', '2', [0])],
    ...[placed('b', '3', [0]), placed('b', '4', [1]), placed('b', '5', [1]), placed('b', '6', [2])],
  ])
  expect(plan.tasks).toEqual([
    { type: 'databases', databases: ['a', 'b'], ignored: ['b.4', 'b.5', 'b.6', 'b.left out'] },
    { type: 'tables', database: 'b', tables: ['4', '5'] },
    { type: 'tables', database: 'b', tables: ['6'] },
    { type: 'databases', databases: ['c'], ignored: [] },
  ])
  expect(plan.files.map(({ parts }) => parts.map(({ task }) => task))).toEqual([
    [0, 0],
    [0, 1, 2, 0],
    [3, 3],
  ])
})
