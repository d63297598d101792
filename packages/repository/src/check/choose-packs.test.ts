import { hash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { choosePacks, type ListedPack } from './choose-packs.ts'

const packs: ListedPack[] = Array.from({ length: 200 }, (_, i) => ({
  id: hash('sha256', `${i}`, 'hex'),
  sizeBytes: 1000,
}))

describe('choosing packs to read', () => {
  test('parts are disjoint, and all of them together are every pack', () => {
    const parts = [1, 2, 3, 4, 5, 6, 7].flatMap((part) => choosePacks(packs, { part, of: 7 }))
    expect(parts.map(({ id }) => id).toSorted()).toEqual(packs.map(({ id }) => id).toSorted())
  })

  test("a part is chosen by the first byte of the id, as restic's parts are", () => {
    const [first, second] = ['00'.repeat(32), '07'.repeat(32)].map((id) => ({ id, sizeBytes: 1 }))
    if (first === undefined || second === undefined) throw new Error('unreachable')
    expect(choosePacks([first, second], { part: 1, of: 5 })).toEqual([first])
    expect(choosePacks([first, second], { part: 3, of: 5 })).toEqual([second])
  })

  test('a share is a random sample of that size, at least one pack, each once', () => {
    let seed = 0
    const random = (): number => (seed = (seed * 1103515245 + 12345) % 2 ** 31) / 2 ** 31
    const sample = choosePacks(packs, { percent: 25 }, random)
    expect(new Set(sample).size).toBe(50)
    expect(choosePacks(packs, { percent: 25 }, random)).not.toEqual(sample)
    expect(choosePacks(packs, { percent: 0.001 })).toHaveLength(1)
    expect(choosePacks(packs, { percent: 100 })).toHaveLength(200)
    expect(choosePacks([], { percent: 50 })).toEqual([])
  })

  test('a number of bytes is turned into a share', () => {
    expect(choosePacks(packs, { bytes: 20_000 })).toHaveLength(20)
    expect(choosePacks(packs, { bytes: 1e12 })).toHaveLength(200)
  })

  test.each([
    { part: 0, of: 2 },
    { part: 3, of: 2 },
    { part: 1.5, of: 2 },
    { part: 1, of: 257 },
    { percent: 0 },
    { percent: 101 },
    { percent: Number.NaN },
    { bytes: 0 },
  ])('refuses %o', (readData) => {
    expect(() => choosePacks(packs, readData)).toThrow(expect.objectContaining({ code: 'ARGUMENT_INVALID' }))
  })
})
