import { createHash, randomBytes } from 'node:crypto'
import { expect, it } from 'vitest'
import { Arena } from '../engine/arena.ts'
import { zstdLevels } from '../engine/zstd.ts'
import { chooseCompress, createDataCompression } from './data-compression.ts'

const blobBytes = 600_000
const scratchBytes = 1 << 20
const arena = new Arena(blobBytes + scratchBytes + 65536)
const at = arena.reserve(blobBytes)
const scratch = { at: arena.reserve(scratchBytes), sizeBytes: scratchBytes }

const hash = (i: number): string => createHash('sha256').update(String(i)).digest('hex')
/** what identifiers and hashes look like in a dump */
const keys = Array.from({ length: 9000 }, (_, i) => `(${i},'${hash(i)}'),\n`).join('')
/** sentences of a few thousand words, the same every time */
const words = Array.from({ length: 3000 }, (_, i) =>
  Buffer.from(hash(i), 'hex')
    .toString('base64')
    .slice(0, 2 + (i % 9)),
)
const text = Array.from({ length: 120_000 }, (_, i) => {
  const share = Number.parseInt(hash(i).slice(0, 8), 16) / 2 ** 32
  return words[Math.floor(share ** 2 * words.length)]
}).join(' ')

function put(content: Buffer | string): void {
  const bytes = Buffer.from(content)
  expect(bytes.length).toBeGreaterThanOrEqual(blobBytes)
  bytes.copy(arena.bytes, at, 0, blobBytes)
}

it('takes the quick level for keys and hashes and the usual one for text, and either is the smaller one', () => {
  const compression = createDataCompression(arena.bytes, zstdLevels.auto)
  const { usual, quick } = compression
  for (const [content, expected, other] of [
    [keys, quick, usual],
    [text, usual, quick],
  ] as const) {
    put(content)
    const chosen = chooseCompress(compression, at, blobBytes, scratch)
    expect(chosen).toBe(expected)
    const size = chosen?.(at, blobBytes, scratch.at, scratchBytes) ?? 0
    expect(size).toBeGreaterThan(0)
    expect(size).toBeLessThanOrEqual(other?.(at, blobBytes, scratch.at, scratchBytes) ?? 0)
  }
})

it('compresses nothing that shrinks neither at its beginning nor in its middle', () => {
  const compression = createDataCompression(arena.bytes, zstdLevels.auto)
  put(randomBytes(blobBytes))
  expect(chooseCompress(compression, at, blobBytes, scratch)).toBe(undefined)
  arena.bytes.fill(0, at + (blobBytes >> 1), at + (blobBytes >> 1) + 16_384)
  expect(chooseCompress(compression, at, blobBytes, scratch)).not.toBe(undefined)
})

it('takes the level that was asked for where one was, and for what is short', () => {
  put(keys)
  for (const level of [zstdLevels.fastest, zstdLevels.better, zstdLevels.max]) {
    const compression = createDataCompression(arena.bytes, level)
    expect(compression.quick).toBe(undefined)
    expect(chooseCompress(compression, at, 300_000, scratch)).toBe(compression.usual)
  }
  const compression = createDataCompression(arena.bytes, zstdLevels.auto)
  expect(chooseCompress(compression, at, 200_000, scratch)).toBe(compression.usual)
})
