import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { fixedChunks, fixedCuts, fixedStreamChunks } from './fixed-chunks.ts'

const chunk = 512 << 10

async function* pieces(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

test.each([0, 1, chunk - 1, chunk, chunk + 1, 5 * chunk, 5 * chunk + 3])(
  'content of %i bytes is cut alike at once, in parts and as a stream',
  async (length) => {
    const bytes = randomBytes(length)
    const chunks = Array.from(fixedChunks(bytes))
    expect(Buffer.concat(chunks).equals(bytes)).toBe(true)
    const ends = chunks.map((_, i) => Math.min((i + 1) * chunk, length))
    expect(fixedCuts(0, length)).toEqual(ends)
    expect([...fixedCuts(0, Math.min(length, 2 * chunk)), ...fixedCuts(2 * chunk, length)]).toEqual(ends)
    for (const size of [1_000_003, 64 * 1024, 3 * chunk]) {
      const streamed = await Array.fromAsync(fixedStreamChunks(pieces(bytes, size)))
      expect(streamed.map((each) => each.length)).toEqual(chunks.map((each) => each.length))
      expect(Buffer.concat(streamed).equals(bytes)).toBe(true)
      // each is handed over with its memory
      expect(new Set(streamed.map(({ buffer }) => buffer)).size).toBe(streamed.length)
    }
  },
)
