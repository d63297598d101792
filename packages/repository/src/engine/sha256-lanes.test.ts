import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { sha256 } from './sha256.ts'
import { laneCount, sha256Lanes } from './sha256-lanes.ts'

// Where the program that runs the tests exports no such routine, `undefined` is the whole answer: BlobHasher does without.
describe.skipIf(process.arch !== 'x64')('SHA-256 in lanes', () => {
  const content = randomBytes(9 << 20)

  it('is there in the Node that the project brings along', () => {
    expect(sha256Lanes()).toBeDefined()
  })

  it.each([
    { what: 'one message', lengths: [1000] },
    { what: 'only empty ones', lengths: [0, 0, 0] },
    { what: 'shorter ones than a block', lengths: [0, 1, 54, 55, 56, 57, 62, 63] },
    { what: 'whole blocks and a byte more or less', lengths: [64, 65, 127, 128, 129, 119, 120, 192] },
    { what: 'eight of a mebibyte', lengths: Array.from({ length: laneCount }, () => 1 << 20) },
    { what: 'very different ones', lengths: [3_000_000, 3, 0, 700_001, 64, 999, 12] },
  ])('hashes $what as OpenSSL does', ({ lengths }) => {
    // at odd addresses, one behind the other
    let at = 3
    const spans = lengths.map((length) => ({ at: (at += length + 1) - length, length }))
    const expected = spans.map((span) => sha256(content.subarray(span.at, span.at + span.length)))
    expect(sha256Lanes()?.(content, spans)).toEqual(expected)
  })

  it('hashes messages of every length up to four blocks as OpenSSL does', () => {
    for (let first = 0; first < 256; first += laneCount) {
      const spans = Array.from({ length: laneCount }, (_, i) => ({ at: first * 7 + i, length: first + i }))
      const expected = spans.map(({ at, length }) => sha256(content.subarray(at, at + length)))
      expect(sha256Lanes()?.(content, spans)).toEqual(expected)
    }
  })
})
