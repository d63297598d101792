import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { BlobIndex } from './blob-index.ts'

const id = (): Buffer => randomBytes(32)
const packId = (): string => randomBytes(32).toString('hex')

describe('the blob index', () => {
  test('finds every blob where it was added, also after it has grown', () => {
    const index = BlobIndex.create(10)
    const packs = [packId(), packId()]
    const numbers = packs.map((pack) => index.addPack(pack))
    const blobs = Array.from({ length: 5000 }, (_, i) => ({
      id: id(),
      offset: i * 100,
      rawLength: i % 3 === 0 ? i : 0,
    }))
    for (const [i, blob] of blobs.entries()) {
      index.add(numbers[i % 2] ?? 0, blob.id, i % 5 === 0, blob.offset, 100, blob.rawLength)
    }
    const attached = BlobIndex.attach(structuredClone(index.share()))
    for (const each of [index, attached]) {
      expect(each.size).toBe(5000)
      for (const [i, blob] of blobs.entries()) {
        expect(each.locate(blob.id.toString('hex'))).toEqual({
          packId: packs[i % 2],
          isTree: i % 5 === 0,
          offset: blob.offset,
          length: 100,
          rawLength: blob.rawLength,
          packEnd: i % 2 === 0 ? 4998 * 100 + 100 : 4999 * 100 + 100,
        })
      }
      expect(each.locate(id().toString('hex'))).toBeUndefined()
      expect(each.idOf(17)).toBe(blobs[17]?.id.toString('hex'))
    }
  })

  test('keeps every copy of a blob, and offsets beyond 2 GiB', () => {
    const index = BlobIndex.create(4)
    const [first, second] = [index.addPack(packId()), index.addPack(packId())]
    const blob = id()
    index.add(first, blob, false, 0, 50, 0)
    index.add(second, blob, false, 3_000_000_000, 60, 0)
    expect(index.addPack(index.packIds[0] ?? '')).toBe(first)
    expect(index.locateAll(blob.toString('hex')).map(({ offset, length }) => [offset, length])).toEqual([
      [0, 50],
      [3_000_000_000, 60],
    ])
    expect(index.plainLengthOf(0)).toBe(18)
  })

  test('lets exactly one claim of an id succeed, across threads and tables', () => {
    const index = BlobIndex.create(10)
    const loaded = id().toString('hex')
    index.add(index.addPack(packId()), Buffer.from(loaded, 'hex'), false, 0, 50, 0)
    index.openClaims(2000)
    const other = BlobIndex.attach(structuredClone(index.share()))
    const fresh = Array.from({ length: 1000 }, () => id().toString('hex'))
    let won = 0
    for (const each of fresh) won += Number(index.claim(each)) + Number(other.claim(each))
    expect(won).toBe(1000)
    expect(index.claim(loaded)).toBe(false)
    expect(index.has(fresh[5] ?? '')).toBe(true)
    expect(index.find(fresh[5] ?? '')).toBe(-1)
    expect(index.claimsLeft).toBe(1000)
    index.openClaims(100)
    for (const table of index.claimsFrom(other.claimCount)) other.attachClaims(table)
    expect(other.claimCount).toBe(2)
    expect(fresh.some((each) => other.claim(each) || index.claim(each))).toBe(false)
  })

  test('takes at most 54 bytes a blob at 10 million', () => {
    const index = BlobIndex.create(10_000_000)
    const capacity = 12_500_000
    const slotBytes = index.reservedBytes - capacity * 48
    expect(48 + slotBytes / 10_000_000).toBeLessThanOrEqual(54)
  })
})
