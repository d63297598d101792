import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { PackedBlob } from '../format/packed-blob.ts'
import { planWindows } from './plan-windows.ts'

function blobsOf(lengths: readonly number[]): PackedBlob[] {
  let offset = 0
  return lengths.map((length) => {
    const blob: PackedBlob = { id: '', type: 'data', offset, length, rawLength: 0 }
    offset += length
    return blob
  })
}

test('windows cover a pack from its start to its end without gaps, and no blob lies in two', () => {
  const lengths = fc.array(fc.integer({ min: 32, max: 3000 }), { maxLength: 40 })
  fc.assert(
    fc.property(lengths, fc.integer({ min: 1, max: 2000 }), (sizes, trailer) => {
      const blobs = blobsOf(sizes)
      const blobsEnd = sizes.reduce((sum, size) => sum + size, 0)
      const windows = planWindows(blobs, blobsEnd + trailer, 1000, 4000)
      let [offset, blob] = [0, 0]
      for (const window of windows) {
        expect([window.offset, window.firstBlob]).toEqual([offset, blob])
        expect(window.length).toBeLessThanOrEqual(4000)
        for (const each of blobs.slice(window.firstBlob, window.endBlob)) {
          expect(each.offset).toBeGreaterThanOrEqual(offset)
          expect(each.offset + each.length).toBeLessThanOrEqual(offset + window.length)
        }
        offset += window.length
        blob = window.endBlob
      }
      expect([offset, blob]).toEqual([blobsEnd + trailer, blobs.length])
    }),
  )
})

test('the header is read together with the last blobs where there is room', () => {
  expect(planWindows(blobsOf([600, 600]), 1300, 1000, 4000)).toEqual([
    { offset: 0, length: 600, firstBlob: 0, endBlob: 1 },
    { offset: 600, length: 700, firstBlob: 1, endBlob: 2 },
  ])
})

test('without blobs the windows are of equal length', () => {
  expect(planWindows([], 2500, 1000, 4000).map(({ length }) => length)).toEqual([1000, 1000, 500])
})
