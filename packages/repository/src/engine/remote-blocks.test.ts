import { expect, test } from 'vitest'
import { type PackBlock, RemoteBlocks } from './remote-blocks.ts'

const mebi = 1 << 20
const packEnd = 10 * mebi
const small = (offset: number, packId = 'a'): PackBlock => ({ packId, offset, length: 100 })

/** Fills memory with a mark, as if it were read. */
function reading(marks: number[], mark: number) {
  return (memory: SharedArrayBuffer): Uint8Array => {
    marks.push(mark)
    return new Uint8Array(memory, 0, 200).fill(mark)
  }
}

test('the first small read of a block stays small, the second is answered by the whole block', () => {
  const blocks = new RemoteBlocks()
  expect(blocks.worthReading(small(3 * mebi + 5), packEnd)).toBeUndefined()
  expect(blocks.worthReading(small(3 * mebi - 5), packEnd)).toBeUndefined()
  expect(blocks.worthReading(small(3 * mebi + 5, 'b'), packEnd)).toBeUndefined()
  expect(blocks.worthReading(small(3 * mebi + 900), packEnd)).toEqual({
    packId: 'a',
    offset: 3 * mebi,
    length: 1.5 * mebi,
  })
})

test('a block ends where the blobs of its pack end, and holds every small read that begins in it', () => {
  const blocks = new RemoteBlocks()
  const last = { packId: 'a', offset: 2 * mebi - 1, length: 512 << 10 }
  const end = last.offset + last.length
  blocks.worthReading(last, end)
  expect(blocks.worthReading(last, end)).toEqual({ packId: 'a', offset: mebi, length: end - mebi })
})

test('large reads, and those that the index places beyond the end of a pack, are made as they are', () => {
  const blocks = new RemoteBlocks()
  for (const range of [{ packId: 'a', offset: 0, length: (512 << 10) + 1 }, small(packEnd - 99)]) {
    expect(blocks.worthReading(range, packEnd)).toBeUndefined()
    expect(blocks.worthReading(range, packEnd)).toBeUndefined()
  }
})

test('a block is read once while it is among the eight used last', () => {
  const blocks = new RemoteBlocks()
  const marks: number[] = []
  const take = (mark: number) => blocks.bytesOf({ packId: 'a', offset: mark * mebi, length: 200 }, reading(marks, mark))
  for (let mark = 0; mark < 8; mark++) take(mark)
  expect(take(0)[199]).toBe(0)
  take(8)
  expect([take(0)[0], take(8)[0], marks]).toEqual([0, 8, [0, 1, 2, 3, 4, 5, 6, 7, 8]])
  expect(take(1)[0]).toBe(1)
  expect(marks.at(-1)).toBe(1)
})

test('a block that comes in memory of its own, as out of a cache, is kept as well, and that memory is freed', () => {
  const blocks = new RemoteBlocks()
  const block = { packId: 'a', offset: 0, length: 200 }
  const own = new Uint8Array(200).fill(5)
  expect(blocks.bytesOf(block, () => own)[199]).toBe(5)
  expect(own.byteLength).toBe(0)
  const marks: number[] = []
  expect([blocks.bytesOf(block, reading(marks, 7))[199], marks]).toEqual([5, []])
})

test('a block that could not be read is not kept', () => {
  const blocks = new RemoteBlocks()
  const block = { packId: 'a', offset: 0, length: 200 }
  const fail = () => {
    throw new Error('unreachable')
  }
  expect(() => blocks.bytesOf(block, fail)).toThrow('unreachable')
  const marks: number[] = []
  expect(blocks.bytesOf(block, reading(marks, 7))[0]).toBe(7)
  expect(marks).toEqual([7])
})
