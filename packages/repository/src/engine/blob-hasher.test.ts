import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { Arena } from './arena.ts'
import { BlobHasher } from './blob-hasher.ts'
import { sha256 } from './sha256.ts'

const arena = new Arena(4 << 20)
const inLanes = new BlobHasher(arena, true)
const oneByOne = new BlobHasher(arena, false)
const content = randomBytes(3 << 20)
const start = arena.reserve(content.length)
arena.bytes.set(content, start)

test.each([
  { what: 'nothing', lengths: [] },
  { what: 'one blob', lengths: [5000] },
  { what: 'four of one length', lengths: [70_000, 70_000, 70_000, 70_000] },
  { what: 'one that is much longer than the others', lengths: [10, 2_000_000, 30, 500, 64] },
  { what: 'only empty ones', lengths: [0, 0, 0, 0, 0] },
  { what: 'more than are hashed at once', lengths: Array.from({ length: 600 }, (_, i) => (i * 37) % 4001) },
])('hashes $what alike, in lanes and one by one, each in its place', ({ lengths }) => {
  let at = start
  const spans = lengths.map((length) => ({ at: (at += length) - length, length }))
  const expected = spans.map((span) => sha256(arena.bytes.subarray(span.at, span.at + span.length)))
  expect(inLanes.hash(spans)).toEqual(expected)
  expect(oneByOne.hash(spans)).toEqual(expected)
})
