import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { Arena } from '../engine/arena.ts'
import { chunkBytesAtLeast, chunkBytesAtMost, nextCut } from './chunker.ts'
import { storeOutside } from './outside-content.ts'

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

function cutsOutside(bytes: Uint8Array): { lengths: number[]; joined: Buffer } {
  const arena = new Arena(inputBytes + 65536)
  arena.primitives.setPolynomial(polynomial)
  const input = { at: arena.reserve(inputBytes), sizeBytes: inputBytes }
  const chunks: Buffer[] = []
  const ids = storeOutside(arena, input, bytes, (at, length) => {
    chunks.push(Buffer.from(arena.bytes.subarray(at, at + length)))
    return String(chunks.length)
  })
  expect(ids).toEqual(chunks.map((_chunk, i) => String(i + 1)))
  return { lengths: chunks.map(({ length }) => length), joined: Buffer.concat(chunks) }
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
