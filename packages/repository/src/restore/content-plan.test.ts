import { describe, expect, it } from 'vitest'
import { BlobIndex } from '../engine/blob-index.ts'
import { planReads, type Want } from './content-plan.ts'

const limits = { gapBytes: 10, rangeBytes: 100 }

/** Blobs at [pack, offset, length]; returns the ranges that are read as [pack, offset, length, number of wants]. */
function plan(places: readonly (readonly [number, number, number])[]): (readonly [string, number, number, number])[] {
  const index = BlobIndex.create(16)
  const wants = places.map(([pack, offset, length], i): Want<number> => {
    const number = index.addPack(`${pack}`.repeat(64))
    const id = Buffer.alloc(32, i + 1)
    return { entry: index.add(number, id, false, offset, length, 0), id: id.toString('hex'), place: i }
  })
  return planReads(wants, index, limits).map((r) => [r.packId.slice(0, 1), r.offset, r.length, r.wants.length])
}

describe('planning reads', () => {
  it('joins neighbours in a pack, in order of offset, whatever the order they were wanted in', () => {
    expect(
      plan([
        [1, 40, 10],
        [1, 0, 20],
        [1, 20, 20],
      ]),
    ).toEqual([['1', 0, 50, 3]])
  })

  it('reads across small gaps only', () => {
    expect(
      plan([
        [1, 0, 10],
        [1, 20, 10],
        [1, 41, 10],
      ]),
    ).toEqual([
      ['1', 0, 30, 2],
      ['1', 41, 10, 1],
    ])
  })

  it('keeps packs apart and ranges short', () => {
    expect(
      plan([
        [1, 0, 60],
        [2, 60, 30],
        [1, 60, 60],
      ]),
    ).toEqual([
      ['1', 0, 60, 1],
      ['1', 60, 60, 1],
      ['2', 60, 30, 1],
    ])
  })

  it('gives a blob that is larger than a range one of its own', () => {
    expect(
      plan([
        [1, 0, 500],
        [1, 500, 10],
      ]),
    ).toEqual([
      ['1', 0, 500, 1],
      ['1', 500, 10, 1],
    ])
  })

  it('reads a blob once that is wanted twice', () => {
    const index = BlobIndex.create(4)
    const entry = index.add(index.addPack('a'.repeat(64)), Buffer.alloc(32, 1), false, 5, 20, 0)
    const want = { entry, id: '01'.repeat(32) }
    const [range, ...others] = planReads(
      [
        { ...want, place: 1 },
        { ...want, place: 2 },
      ],
      index,
      limits,
    )
    expect(others).toEqual([])
    expect(range).toMatchObject({ offset: 5, length: 20 })
    expect(range?.wants.map(({ place }) => place)).toEqual([1, 2])
  })
})
