import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { Arena } from './arena.ts'
import { BlobHasher } from './blob-hasher.ts'
import { OpenedBlobs } from './opened-blobs.ts'
import { sha256 } from './sha256.ts'
import { createCompressor, createDecompressor } from './zstd.ts'

const textBytes = 9 << 20

/** Takes texts that lie one after another in an arena, and keeps what comes of them. */
function openBlobs(inLanes: boolean, plainBytes: number) {
  const arena = new Arena(textBytes + plainBytes + (1 << 20))
  const text = { at: arena.reserve(textBytes), sizeBytes: textBytes }
  const plain = { at: arena.reserve(plainBytes), sizeBytes: plainBytes }
  const compress = createCompressor(arena.bytes, 1)
  const sound = new Map<string, Buffer>()
  const wrong = new Map<string, string>()
  const parts = { hasher: new BlobHasher(arena, inLanes), decompress: createDecompressor(arena.bytes), plain }
  const opened = new OpenedBlobs<string>(parts, {
    sound: (name, at, length) => sound.set(name, Buffer.from(arena.bytes.subarray(at, at + length))),
    wrong: (name, reason) => wrong.set(name, reason),
  })
  let end = text.at
  const put = (blob: Buffer, compressed: boolean): { text: number; textLength: number; rawLength: number } => {
    const at = end
    if (compressed) {
      arena.bytes.set(blob, plain.at)
      end += compress(plain.at, blob.length, at, text.at + text.sizeBytes - at)
    } else {
      arena.bytes.set(blob, at)
      end += blob.length
    }
    return { text: at, textLength: end - at, rawLength: compressed ? blob.length : 0 }
  }
  return { opened, put, sound, wrong }
}

describe.each([true, false])('blobs that were opened (lanes: %s)', (inLanes) => {
  test('are given out as they are, each under its own name, whether the region holds one or many of them', () => {
    for (const plainBytes of [1_000_001, 8 << 20]) {
      const { opened, put, sound, wrong } = openBlobs(inLanes, plainBytes)
      const lengths = [1_000_000, 10, 1_000_000, 999_999, 1_000_000, 0, 500_000, 1_000_000, 77]
      const blobs = lengths.map((length, i) => {
        const blob = i % 2 === 0 ? randomBytes(length) : Buffer.alloc(length, i)
        return { blob, place: put(blob, i % 3 === 0) }
      })
      for (const [i, { blob, place }] of blobs.entries()) opened.add(String(i), { id: sha256(blob), ...place })
      opened.deliver()
      expect(wrong).toEqual(new Map())
      expect(blobs.every(({ blob }, i) => sound.get(String(i))?.equals(blob))).toBe(true)
    }
  })

  test('are told apart from those with other content, a false length, or a text that is none', () => {
    const { opened, put, sound, wrong } = openBlobs(inLanes, 4 << 20)
    const blobs = Array.from({ length: 6 }, () => randomBytes(700_000))
    const places = blobs.map((blob) => put(blob, true))
    for (const [i, blob] of blobs.entries()) {
      const id = i === 1 ? sha256(Buffer.from('another')) : sha256(blob)
      const place = places[i] ?? { text: 0, textLength: 0, rawLength: 0 }
      const rawLength = i === 2 ? place.rawLength - 1 : i === 3 ? 5 << 20 : place.rawLength
      opened.add(String(i), { id, ...place, rawLength, textLength: i === 4 ? 100 : place.textLength })
    }
    opened.deliver()
    expect([...sound.keys()].toSorted()).toEqual(['0', '5'])
    expect(wrong.get('1')).toBe('wrong content')
    expect(wrong.get('2')).toMatch(/does not decompress/)
    expect(wrong.get('3')).toMatch(/claims/)
    expect(wrong.get('4')).toMatch(/does not decompress/)
  })
})
