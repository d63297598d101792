import { processorMs } from '@holdfast/core/testing/processor-time'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeIndex, type IndexPack, parseIndex } from './index-file.ts'
import { scanIndex } from './index-scan.ts'
import type { PackedBlob } from './packed-blob.ts'

const id = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString('hex'))
const uint32 = fc.integer({ min: 0, max: 0xffffffff })
const blob: fc.Arbitrary<PackedBlob> = fc.record({
  id,
  type: fc.constantFrom('data' as const, 'tree' as const),
  offset: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
  length: uint32,
  rawLength: fc.oneof(fc.constant(0), uint32),
})
const packs: fc.Arbitrary<IndexPack[]> = fc.array(fc.record({ id, blobs: fc.array(blob, { maxLength: 5 }) }), {
  maxLength: 5,
})

interface Collected {
  packs: { id: string; blobs: PackedBlob[] }[]
  deleted: string[]
}

function parse(json: string | Uint8Array): Collected {
  const collected: Collected = { packs: [], deleted: [] }
  parseIndex(Buffer.from(json), sinkInto(collected), 'index 1a')
  return collected
}

function sinkInto(collected: Collected): Parameters<typeof parseIndex>[1] {
  return {
    // numbers that are not the positions, as a sink that loads several files gives them
    pack: (packId) => 100 + collected.packs.push({ id: packId, blobs: [] }),
    blob: (pack, bytes, isTree, offset, length, rawLength) => {
      expect(pack).toBe(100 + collected.packs.length)
      const hex = Buffer.from(bytes).toString('hex')
      collected.packs.at(-1)?.blobs.push({ id: hex, type: isTree ? 'tree' : 'data', offset, length, rawLength })
    },
    packToDelete: (packId) => void collected.deleted.push(packId),
  }
}

describe('an index', () => {
  test('in the layout of restic is read by the byte scanner alone', () => {
    fc.assert(
      fc.property(packs, (list) => {
        const collected: Collected = { packs: [], deleted: [] }
        expect(scanIndex(encodeIndex(list), sinkInto(collected)).complete).toBe(true)
        expect(collected.packs).toEqual(list)
      }),
    )
  })

  test('with white space anywhere reads the same', () => {
    fc.assert(
      fc.property(packs, fc.nat(), (list, seed) => {
        const compact = encodeIndex(list).toString()
        const breaks = [...compact.matchAll(/[[\]{},:]/g)].map((match) => match.index)
        const at = breaks[seed % breaks.length] ?? 0
        expect(parse(`${compact.slice(0, at + 1)}\n ${compact.slice(at + 1)}`).packs).toEqual(list)
      }),
    )
  })

  test('with an unknown key in any object reads the same, each pack and blob once', () => {
    fc.assert(
      fc.property(packs, fc.nat(), (list, seed) => {
        const compact = encodeIndex(list).toString()
        const ends = [...compact.matchAll(/\}/g)].map((match) => match.index)
        const at = ends[seed % ends.length] ?? 0
        expect(parse(`${compact.slice(0, at)},"time":"2024"${compact.slice(at)}`).packs).toEqual(list)
      }),
    )
  })

  test('with keys in another order reads the same', () => {
    fc.assert(
      fc.property(packs, (list) => {
        const reordered = list.map((pack) => ({
          blobs: pack.blobs.map(({ id: blobId, type, offset, length, rawLength }) => ({
            uncompressed_length: rawLength,
            length,
            offset,
            type,
            id: blobId,
          })),
          id: pack.id,
        }))
        expect(parse(JSON.stringify({ packs: reordered })).packs).toEqual(list)
      }),
    )
  })
})

const packId = 'ab'.repeat(32)
const blobId = 'cd'.repeat(32)
const one = `{"id":"${blobId}","type":"data","offset":0,"length":40}`

test('an index ends with a line break, which a reader does not need', () => {
  const encoded = encodeIndex([{ id: packId, blobs: [] }]).toString()
  expect(encoded).toBe(`{"packs":[{"id":"${packId}","blobs":[]}]}\n`)
  expect(parse(encoded.trim()).packs).toEqual([{ id: packId, blobs: [] }])
})

test('the old field supersedes is ignored', () => {
  expect(parse(`{"supersedes":["${blobId}"],"packs":[{"id":"${packId}","blobs":[${one}]}]}`).packs).toHaveLength(1)
})

test('packs that rustic has marked for deletion are told apart', () => {
  const json = `{"packs":[],"packs_to_delete":[{"id":"${packId}","blobs":[${one}],"time":"2024-01-01T00:00:00Z","size":1}]}`
  expect(parse(json)).toEqual({ packs: [], deleted: [packId] })
})

test.each([
  ['a short id', one.replace('cdcd', 'cd')],
  ['an upper-case id', one.replace('cd', 'CD')],
  ['an unknown type', one.replace('data', 'dada')],
  ['a negative offset', one.replace('"offset":0', '"offset":-1')],
  ['a leading zero', one.replace('"offset":0', '"offset":00')],
  ['a fraction', one.replace('40', '40.5')],
  ['a length of 33 bits', one.replace('40', '4294967296')],
  ['an offset beyond 53 bits', one.replace('"offset":0', '"offset":9007199254740993')],
  ['a text for a number', one.replace('40', '"40"')],
  ['a text for a blob', '"blob"'],
])('an index that holds %s is damage', (_what, content) => {
  expect(() => parse(`{"packs":[{"id":"${packId}","blobs":[${content}]}]}`)).toThrow(/index 1a is damaged/)
})

test.each(['', '{', '[]', 'null', '{"packs":{}}', '{"packs":[', `{"packs":[{"id":"${packId}"`, '{"packs":[]}}'])(
  'content that is no index is damage: %s',
  (json) => {
    expect(() => parse(json)).toThrow(/index 1a is damaged/)
  },
)

test('half a million blobs are read within two seconds', () => {
  const blobs = Array.from({ length: 50_000 }, (_, at): PackedBlob => {
    const hex = at.toString(16).padStart(64, '0')
    return { id: hex, type: 'data', offset: at * 100, length: 100, rawLength: 200 }
  })
  const json = encodeIndex([{ id: packId, blobs }])
  let count = 0
  const started = processorMs()
  for (let round = 0; round < 10; round++) {
    parseIndex(json, { pack: () => 0, blob: () => void count++ }, 'index')
  }
  expect(count).toBe(500_000)
  expect(processorMs() - started).toBeLessThan(2000)
})
