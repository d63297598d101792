import { describe, expect, test } from 'vitest'
import { BlobIndex } from '../engine/blob-index.ts'
import { planReads } from './plan-reads.ts'

function indexOf(...blobs: readonly (readonly [pack: string, offset: number, length: number])[]): BlobIndex {
  const index = BlobIndex.create(0)
  for (const [at, [pack, offset, length]] of blobs.entries()) {
    index.add(index.addPack(pack.repeat(64)), Buffer.alloc(32, at + 1), false, offset, length, 0)
  }
  return index
}

describe('planning reads', () => {
  test('reads neighbours at once, in the order in which they lie in the pack', () => {
    const index = indexOf(['a', 100, 50], ['a', 0, 100], ['b', 0, 10])
    expect(planReads(index, Uint32Array.of(0, 1, 2), 1000, 0)).toEqual([
      { pack: 0, offset: 0, length: 150, entries: [1, 0] },
      { pack: 1, offset: 0, length: 10, entries: [2] },
    ])
  })

  test('reads over small gaps only', () => {
    const index = indexOf(['a', 0, 100], ['a', 110, 10], ['a', 200, 10])
    expect(planReads(index, Uint32Array.of(0, 1, 2), 1000, 10).map(({ entries }) => entries)).toEqual([[0, 1], [2]])
  })

  test('never reads more than a window, except for one larger blob', () => {
    const index = indexOf(['a', 0, 60], ['a', 60, 60], ['a', 120, 500])
    expect(planReads(index, Uint32Array.of(0, 1, 2), 100, 0).map(({ length }) => length)).toEqual([60, 60, 500])
  })
})
