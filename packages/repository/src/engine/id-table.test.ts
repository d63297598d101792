import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { IdTable } from './id-table.ts'

const randomIds = (count: number): Int32Array => new Int32Array(Uint8Array.from(randomBytes(32 * count)).buffer)
const idAt = (ids: Int32Array, at: number): Int32Array => ids.subarray(at * 8, at * 8 + 8)

describe('the table of ids', () => {
  test('finds what was appended and linked, in the numbers of its arrival, also when it has grown', () => {
    const ids = randomIds(3000)
    let table = IdTable.create(1000)
    expect(table.append(ids.subarray(0, 8000))).toBe(0)
    expect(table.append(ids.subarray(8000))).toBe(-1)
    for (let entry = 0; entry < 1000; entry++) expect(table.link(entry)).toBe(-1)
    table = table.grown(2000)
    expect(table.append(ids.subarray(8000))).toBe(1000)
    for (let entry = 1000; entry < 3000; entry++) expect(table.link(entry)).toBe(-1)
    const attached = IdTable.attach(structuredClone(table.shared))
    for (let entry = 0; entry < 3000; entry++) expect(attached.find(idAt(ids, entry))).toBe(entry)
    expect(attached.find(randomIds(1))).toBe(-1)
    expect(attached.idOf(17)).toBe(Buffer.from(idAt(ids, 17).slice().buffer).toString('hex'))
  })

  test('names the first entry of an id that comes again, and keeps it when it grows', () => {
    const ids = randomIds(10)
    let table = IdTable.create(20)
    for (const start of [table.append(ids), table.append(ids)]) {
      for (let at = 0; at < 10; at++) expect(table.link(start + at)).toBe(start === 0 ? -1 : at)
    }
    table = table.grown(1)
    expect(table.find(idAt(ids, 4))).toBe(4)
    expect(table.size).toBe(20)
  })

  test('tells a claim that succeeds from one that comes too late', () => {
    const ids = randomIds(2)
    const table = IdTable.create(4)
    const other = IdTable.attach(structuredClone(table.shared))
    expect(table.claim(idAt(ids, 0))).toBe(0)
    expect(other.claim(idAt(ids, 1))).toBe(1)
    expect(other.claim(idAt(ids, 0))).toBe(-1)
    expect(table.claim(idAt(ids, 1))).toBe(-2)
    expect(table.free).toBe(2)
  })

  test('finds ids that begin with the least and the greatest words', () => {
    const table = IdTable.create(8)
    const ids = new Int32Array(8 * 8)
    for (let at = 0; at < 8; at++) ids.set([-1, at, 0, 0, 0, 0, 0, 0], at * 8)
    table.append(ids)
    for (let at = 0; at < 8; at++) expect(table.link(at)).toBe(-1)
    for (let at = 0; at < 8; at++) expect(table.find(idAt(ids, at))).toBe(at)
    expect(table.find(new Int32Array(8))).toBe(-1)
  })
})
