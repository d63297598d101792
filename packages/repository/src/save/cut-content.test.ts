import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { Arena } from '../engine/arena.ts'
import { chunkBytesAtLeast, chunkBytesAtMost, nextCut } from './chunker.ts'
import { cutContent, type OutsideContent } from './cut-content.ts'

const polynomial = 0x3da3358b4dc173n
const inputBytes = chunkBytesAtMost + 65536

function cutsInside(bytes: Uint8Array): number[] {
  const arena = new Arena(bytes.length + 65536)
  arena.primitives.setPolynomial(polynomial)
  const base = arena.reserve(bytes.length)
  arena.bytes.set(bytes, base)
  const lengths: number[] = []
  for (let at = base; at < base + bytes.length;) {
    const end = nextCut(arena.primitives, at, base + bytes.length)
    lengths.push(end - at)
    at = end
  }
  return lengths
}

interface Cut {
  readonly lengths: number[]
  readonly joined: Buffer
  readonly end: number
}

function cutsOutside(bytes: Uint8Array, range = { start: 0, stop: bytes.length }, sizeBytes = bytes.length): Cut {
  const arena = new Arena(inputBytes + 65536)
  arena.primitives.setPolynomial(polynomial)
  const input = { at: arena.reserve(inputBytes), sizeBytes: inputBytes }
  // as a file that is shorter than it was said to be
  const content: OutsideContent = {
    sizeBytes,
    read(at, length, position) {
      const piece = bytes.subarray(position, position + length)
      arena.bytes.set(piece, at)
      return piece.length
    },
  }
  const chunks: Buffer[] = []
  let expected = range.start
  const end = cutContent(arena, input, content, range, (at, length, position) => {
    expect(position).toBe(expected)
    expected += length
    chunks.push(Buffer.from(arena.bytes.subarray(at, at + length)))
  })
  return { lengths: chunks.map(({ length }) => length), joined: Buffer.concat(chunks), end }
}

test('cuts where a file with the same content is cut, and loses nothing', () => {
  const mixed = Buffer.concat([randomBytes(12 << 20), Buffer.alloc(17 << 20), randomBytes(3 << 20)])
  for (const bytes of [mixed, randomBytes(16 << 20), Buffer.alloc(16 << 20), Buffer.alloc(20_000_000, 1)]) {
    const { lengths, joined } = cutsOutside(bytes)
    expect(lengths).toEqual(cutsInside(bytes))
    expect(joined.equals(bytes)).toBe(true)
  }
})

test('cuts contents about as long as the bounds of a chunk', () => {
  const around = (size: number): number[] => [size - 1, size, size + 1]
  for (const size of [
    0,
    1,
    ...around(chunkBytesAtLeast),
    ...around(chunkBytesAtLeast + (1 << 20)),
    ...around(8 << 20),
  ]) {
    const bytes = Buffer.alloc(size)
    expect(cutsOutside(bytes).lengths, String(size)).toEqual(cutsInside(bytes))
  }
})

test('cuts stretch by stretch as in one go', () => {
  const bytes = randomBytes(20 << 20)
  const lengths: number[] = []
  for (let start = 0; start < bytes.length;) {
    const { lengths: cuts, joined, end } = cutsOutside(bytes, { start, stop: start + (5 << 20) })
    expect(joined.equals(bytes.subarray(start, end))).toBe(true)
    expect(end === bytes.length || end >= start + (5 << 20)).toBe(true)
    lengths.push(...cuts)
    start = end
  }
  expect(lengths).toEqual(cutsInside(bytes))
})

test('ends with a content that is shorter than it was said to be', () => {
  for (const size of [0, 100, chunkBytesAtLeast, 3_000_000, 9 << 20]) {
    const bytes = randomBytes(size)
    const cut = cutsOutside(bytes, { start: 0, stop: 64 << 20 }, 30 << 20)
    expect([cut.lengths, cut.end]).toEqual([cutsInside(bytes), size])
    expect(cut.joined.equals(bytes)).toBe(true)
  }
})
