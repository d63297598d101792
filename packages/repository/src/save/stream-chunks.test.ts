import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { Arena } from '../engine/arena.ts'
import { chunkBytesAtLeast, chunkBytesAtMost, nextCut } from './chunker.ts'
import { createStreamChunker } from './stream-chunks.ts'

const polynomial = 0x3da3358b4dc173n

async function* pieces(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) {
    const lent = Uint8Array.from(bytes.subarray(at, at + size))
    yield lent
    // it is another's again: what is kept of it must have been copied
    lent.fill(0)
  }
}

async function* parts(bytes: Buffer, ends: readonly number[]): AsyncGenerator<Uint8Array> {
  for (const [i, end] of ends.entries()) yield bytes.subarray(ends[i - 1] ?? 0, end)
}

// one for all streams, as a backup has: what one stream leaves behind must not show in the next
const chunker = createStreamChunker(polynomial)
const roomy = createStreamChunker(polynomial, { bufferBytes: 2 * chunkBytesAtMost, windowBytes: chunkBytesAtMost })
const tight = createStreamChunker(polynomial, { bufferBytes: chunkBytesAtMost + 65536, windowBytes: 300_000 })

async function cut(bytes: Buffer, size: number, by = chunker): Promise<Uint8Array[]> {
  return await Array.fromAsync(by(pieces(bytes, size)))
}

test('neither the size of the pieces nor that of the buffer moves the cuts, and nothing is lost', async () => {
  const bytes = Buffer.concat([randomBytes(12 << 20), Buffer.alloc(9 << 20), randomBytes(3 << 20)])
  const arena = new Arena(bytes.length + 65536)
  arena.primitives.setPolynomial(polynomial)
  const base = arena.reserve(bytes.length)
  arena.bytes.set(bytes, base)
  const expected: number[] = []
  for (let at = base; at < base + bytes.length;) {
    const end = nextCut(arena.primitives, at, base + bytes.length)
    expected.push(end - at)
    at = end
  }
  for (const size of [65536, 1_000_003, 20 << 20]) {
    for (const by of [chunker, roomy, tight]) {
      const chunks = await cut(bytes, size, by)
      expect(chunks.map((chunk) => chunk.length)).toEqual(expected)
      expect(Buffer.concat(chunks).equals(bytes)).toBe(true)
    }
  }
  // pieces that end just where a chunk does: whether a cut is there shows only when more has come
  const ends = expected.map((_, i) => expected.slice(0, i + 1).reduce((sum, length) => sum + length, 0))
  for (const by of [chunker, roomy, tight]) {
    const chunks = await Array.fromAsync(by(parts(bytes, ends)))
    expect(chunks.map((chunk) => chunk.length)).toEqual(expected)
  }
  expect(Math.max(...expected)).toBeLessThanOrEqual(chunkBytesAtMost)
  expect(Math.min(...expected.slice(0, -1))).toBeGreaterThanOrEqual(chunkBytesAtLeast)
})

test('short streams are one chunk, empty ones none', async () => {
  expect(await cut(Buffer.alloc(0), 100)).toEqual([])
  expect((await cut(randomBytes(chunkBytesAtLeast), 1000)).length).toBe(1)
})
