import { randomBytes } from 'node:crypto'
import { zstdDecompressSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { createCompressor, createDecompressor, usesPersistentContext } from './zstd.ts'

const memory = Buffer.alloc(8 << 20)
const [source, frame, result] = [0, 2 << 20, 5 << 20]
const text = Buffer.from('a line of text that repeats itself, but not always in the same way\n'.repeat(3000))

test('this Node offers the persistent context, so the fast way is the one in use', () => {
  expect(usesPersistentContext()).toBe(true)
})

describe.each([true, false])('zstd with a persistent context: %s', (persistent) => {
  const compress = createCompressor(memory, 2, persistent)
  const decompress = createDecompressor(memory, persistent)

  function roundTrip(bytes: Buffer): boolean {
    memory.set(bytes, source)
    const length = compress(source, bytes.length, frame, bytes.length + 1024)
    return (
      zstdDecompressSync(memory.subarray(frame, frame + length)).equals(bytes) &&
      decompress(frame, length, result, bytes.length) &&
      memory.subarray(result, result + bytes.length).equals(bytes)
    )
  }

  test('compresses and restores blobs of many sizes, one after another', () => {
    for (const length of [1, 2, 100, 4096, 131072, 131073, text.length]) {
      expect(roundTrip(text.subarray(0, length))).toBe(true)
      expect(roundTrip(randomBytes(length))).toBe(true)
    }
  })

  test('says when the result does not fit, and works on', () => {
    memory.set(text, source)
    expect(compress(source, text.length, frame, 50)).toBe(0)
    expect(roundTrip(text)).toBe(true)
  })

  test('refuses a frame that is damaged, cut short, or of another size than stated, and works on', () => {
    memory.set(text, source)
    const length = compress(source, text.length, frame, text.length)
    const sound = Buffer.from(memory.subarray(frame, frame + length))
    const refuse = (bytes: Buffer, rawLength: number): void => {
      memory.set(bytes, frame)
      expect(decompress(frame, bytes.length, result, rawLength)).toBe(false)
      memory.set(sound, frame)
      expect(decompress(frame, sound.length, result, text.length)).toBe(true)
    }
    const damaged = Buffer.from(sound)
    damaged[2] = (damaged[2] ?? 0) ^ 0xff
    refuse(damaged, text.length)
    refuse(sound.subarray(0, length - 5), text.length)
    refuse(sound, text.length - 1)
    refuse(sound, text.length + 1)
    refuse(randomBytes(500), 1000)
  })
})
