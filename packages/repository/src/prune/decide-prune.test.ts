import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BlobIndex } from '../engine/blob-index.ts'
import { packHeaderEntryBytes } from '../format/pack-header.ts'
import { EntryBitmap } from '../tree/entry-bitmap.ts'
import { findTypedEntry } from '../tree/typed-entry.ts'
import { decidePrune, packAction, type PruneDecision } from './decide-prune.ts'
import type { PruneOptions } from './prune-options.ts'
import { isSound, surveyPacks, type PackSurvey } from './survey-packs.ts'

interface BlobSpec {
  readonly blob: number
  readonly isTree: boolean
  readonly kilobytes: number
  readonly compressed: boolean
}

interface Case {
  readonly index: BlobIndex
  readonly used: EntryBitmap
  readonly sizes: Map<string, number>
}

function idOf(blob: number): Buffer {
  return Buffer.alloc(32, blob + 1)
}

/** Packs of blobs; `used` names blobs as "d3" (data 3) or "t3" (tree 3). */
function makeCase(
  packs: readonly (readonly BlobSpec[])[],
  used: ReadonlySet<string>,
  shrunk: readonly number[] = [],
): Case {
  const index = BlobIndex.create(0)
  const sizes = new Map<string, number>()
  for (const [at, blobs] of packs.entries()) {
    const id = (at + 1).toString(16).padStart(64, '0')
    let [offset, expected] = [0, 36]
    for (const { blob, isTree, kilobytes, compressed } of blobs) {
      const length = kilobytes * 1024 + 32
      const rawLength = compressed ? length * 2 : 0
      index.add(index.addPack(id), idOf(blob), isTree, offset, length, rawLength)
      offset += length
      expected += length + packHeaderEntryBytes(rawLength)
    }
    sizes.set(id, shrunk.includes(at) ? expected - 1 : expected)
  }
  const bitmap = EntryBitmap.create(index.size)
  for (const name of used) {
    const entry = findTypedEntry(index, idOf(Number(name.slice(1))).toString('hex'), name.startsWith('t'))
    if (entry >= 0) bitmap.add(entry)
  }
  return { index, used: bitmap, sizes }
}

function decide(
  { index, used, sizes }: Case,
  version: 1 | 2,
  options: PruneOptions,
): PruneDecision & { survey: PackSurvey } {
  const survey = surveyPacks(index, used, sizes)
  return { ...decidePrune(index, survey, [], version, options), survey }
}

const data = (blob: number, kilobytes = 5000): BlobSpec => ({ blob, isTree: false, kilobytes, compressed: true })
const tree = (blob: number, kilobytes = 5000): BlobSpec => ({ blob, isTree: true, kilobytes, compressed: true })
const nothingUnused: PruneOptions = { maxUnused: { percent: 0 } }
const { keep, remove, repack, forget } = packAction

describe('what happens to a pack', () => {
  test('packs without used blobs are removed, full ones kept, partly used ones rewritten', () => {
    const found = decide(
      makeCase([[data(1)], [data(2), data(3)], [data(4)]], new Set(['d2', 'd3', 'd4'])),
      2,
      nothingUnused,
    )
    expect([...found.actions]).toEqual([remove, keep, keep])
    const partly = decide(makeCase([[data(1), data(2)]], new Set(['d1'])), 2, nothingUnused)
    expect([...partly.actions]).toEqual([repack])
    expect([...partly.move]).toEqual([0])
  })

  test('a missing pack of which nothing is needed is only forgotten', () => {
    const made = makeCase([[data(1)], [data(2)]], new Set(['d2']))
    made.sizes.delete('1'.padStart(64, '0'))
    expect([...decide(made, 2, nothingUnused).actions]).toEqual([forget, keep])
  })

  test('a tree and a chunk with the same id are two blobs', () => {
    const found = decide(makeCase([[tree(1)], [data(1)]], new Set(['t1'])), 2, nothingUnused)
    expect([...found.actions]).toEqual([keep, remove])
    expect(found.figures.blobs.duplicate).toBe(0)
  })

  test('mixed packs are split even when everything in them is used', () => {
    const found = decide(makeCase([[tree(1), data(2)]], new Set(['t1', 'd2'])), 1, { maxUnused: 'unlimited' })
    expect([...found.actions]).toEqual([repack])
    expect([...found.move]).toEqual([0, 1])
  })

  test('uncompressed trees are compressed in version 2 only, uncompressed data only on demand', () => {
    const plain = (spec: BlobSpec): BlobSpec => ({ ...spec, compressed: false })
    const made = makeCase([[plain(tree(1))], [plain(data(2))]], new Set(['t1', 'd2']))
    expect([...decide(made, 1, nothingUnused).actions]).toEqual([keep, keep])
    expect([...decide(made, 2, nothingUnused).actions]).toEqual([repack, keep])
    expect([...decide(made, 2, { ...nothingUnused, repackUncompressed: true }).actions]).toEqual([repack, repack])
  })

  test('what is archived is removed as a whole or left, since it cannot be read', () => {
    const { index, used, sizes } = makeCase([[data(1), data(2)], [data(3)], [data(4), data(5)]], new Set(['d1', 'd4']))
    const archived = new Set(index.packIds.slice(0, 2))
    const survey = surveyPacks(index, used, sizes, archived)
    expect([...decidePrune(index, survey, [], 2, nothingUnused).actions]).toEqual([keep, remove, repack])
  })

  test('with cacheable packs only, partly used data packs are left', () => {
    const made = makeCase(
      [
        [tree(1), tree(2)],
        [data(3), data(4)],
      ],
      new Set(['t1', 'd3']),
    )
    expect([...decide(made, 2, { ...nothingUnused, repackCacheableOnly: true }).actions]).toEqual([repack, keep])
  })
})

describe('copies', () => {
  test('one copy counts, in the pack that is needed anyway', () => {
    const found = decide(makeCase([[data(1)], [data(1), data(2)]], new Set(['d1', 'd2'])), 2, nothingUnused)
    expect([...found.actions]).toEqual([remove, keep])
    expect(found.figures.blobs).toMatchObject({ used: 2, duplicate: 1 })
  })

  test('after an interrupted prune the new packs are kept and the old ones removed', () => {
    const found = decide(
      makeCase(
        [
          [data(1), data(2), data(3)],
          [data(1), data(2)],
        ],
        new Set(['d1', 'd2']),
      ),
      2,
      nothingUnused,
    )
    expect([...found.actions]).toEqual([remove, keep])
  })

  test('a copy in a pack of the wrong size is not relied on', () => {
    const found = decide(makeCase([[data(1)], [data(1), data(2)]], new Set(['d1']), [0]), 2, nothingUnused)
    expect([...found.actions]).toEqual([remove, repack])
    expect(isSound(found.survey, 0)).toBe(false)
  })

  test('the same pack in two index files is no duplicate', () => {
    const made = makeCase([[data(1), data(2)]], new Set(['d1', 'd2']))
    const twice = BlobIndex.create(0)
    for (let round = 0; round < 2; round++) {
      for (let entry = 0; entry < made.index.size; entry++) {
        const { packId, isTree, offset, length, rawLength } = made.index.place(entry)
        twice.add(twice.addPack(packId), Buffer.from(made.index.idOf(entry), 'hex'), isTree, offset, length, rawLength)
      }
    }
    const used = EntryBitmap.create(twice.size)
    used.add(0)
    used.add(1)
    const found = decide({ index: twice, used, sizes: made.sizes }, 2, nothingUnused)
    expect([...found.actions]).toEqual([keep])
    expect(found.figures.blobs).toMatchObject({ used: 2, duplicate: 0 })
    expect(found.survey.copies.echoCount).toBe(2)
  })
})

describe('limits', () => {
  test('small packs are joined when there are ten of them, not when there are nine', () => {
    const small = (count: number): Case =>
      makeCase(
        Array.from({ length: count }, (_, i) => [data(i, 10)]),
        new Set(Array.from({ length: count }, (_, i) => `d${i}`)),
      )
    expect(decide(small(9), 2, nothingUnused).figures.packs).toMatchObject({ keep: 9, repack: 0 })
    expect(decide(small(10), 2, nothingUnused).figures.packs).toMatchObject({ keep: 0, repack: 10 })
    expect(decide(small(2), 2, { ...nothingUnused, repackSmall: true }).figures.packs.repack).toBe(2)
    expect(decide(small(1), 2, { ...nothingUnused, repackSmall: true }).figures.packs.repack).toBe(0)
  })

  test('as much unused data may stay as is tolerated, and the emptiest packs are rewritten first', () => {
    const packs = [
      [data(1, 9000), data(2, 1000)],
      [data(3, 2000), data(4, 8000)],
    ]
    const made = makeCase(packs, new Set(['d1', 'd3']))
    expect([...decide(made, 2, { maxUnused: 'unlimited' }).actions]).toEqual([keep, keep])
    expect([...decide(made, 2, { maxUnused: { bytes: 2_000_000 } }).actions]).toEqual([keep, repack])
    expect([...decide(made, 2, { maxUnused: { percent: 20 } }).actions]).toEqual([keep, repack])
    expect([...decide(made, 2, nothingUnused).actions]).toEqual([repack, repack])
  })

  test('nothing is rewritten with a limit of zero, which still removes whole packs', () => {
    const made = makeCase([[data(1), data(2)], [data(3)]], new Set(['d1']))
    expect([...decide(made, 2, { ...nothingUnused, maxRepackBytes: 0 }).actions]).toEqual([keep, remove])
    const unsafe = { ...nothingUnused, unsafeRecoverNoFreeSpace: true }
    expect([...decide(made, 2, unsafe).actions]).toEqual([keep, remove])
  })
})

const blobArbitrary = fc.record({
  blob: fc.integer({ min: 0, max: 14 }),
  isTree: fc.boolean(),
  kilobytes: fc.constantFrom(1, 40, 3000),
  compressed: fc.boolean(),
})
// the same blob has the same size wherever it lies, or a copy would not be one
const packsArbitrary = fc
  .array(fc.uniqueArray(blobArbitrary, { minLength: 1, maxLength: 6, selector: (b) => `${b.isTree}${b.blob}` }), {
    minLength: 1,
    maxLength: 14,
  })
  .map((packs) => packs.map((blobs) => blobs.map((b) => ({ ...b, kilobytes: [1, 40, 3000][b.blob % 3] ?? 1 }))))
const optionsArbitrary: fc.Arbitrary<PruneOptions> = fc.record(
  {
    maxUnused: fc.oneof(
      fc.constant('unlimited' as const),
      fc.record({ percent: fc.integer({ min: 0, max: 100 }) }),
      fc.record({ bytes: fc.integer({ min: 0, max: 10_000_000 }) }),
    ),
    maxRepackBytes: fc.integer({ min: 0, max: 20_000_000 }),
    repackCacheableOnly: fc.boolean(),
    repackSmall: fc.boolean(),
    repackUncompressed: fc.boolean(),
  },
  { requiredKeys: ['maxUnused'] },
)

describe('for any repository', () => {
  const any = fc.record({
    packs: packsArbitrary,
    usedMask: fc.integer({ min: 0, max: 2 ** 30 - 1 }),
    options: optionsArbitrary,
    version: fc.constantFrom(1 as const, 2 as const),
    shrunk: fc.array(fc.integer({ min: 0, max: 13 }), { maxLength: 2 }),
  })
  const usedOf = (mask: number): Set<string> =>
    new Set(Array.from({ length: 30 }, (_, i) => `${i < 15 ? 'd' : 't'}${i % 15}`).filter((_, i) => (mask >> i) & 1))

  test('every used blob stays or is moved, exactly once in what is counted', () => {
    fc.assert(
      fc.property(any, ({ packs, usedMask, options, version, shrunk }) => {
        const used = usedOf(usedMask)
        const made = makeCase(packs, used, shrunk)
        const { actions, move, survey, figures } = decide(made, version, options)
        const { index } = made
        const moved = new Set(move)
        let usedBlobs = 0
        for (let entry = 0; entry < index.size; entry++) {
          if (!made.used.has(entry)) continue
          usedBlobs++
          const first = index.find(index.idOf(entry))
          const copies = [first, ...index.copiesOf(first)].filter((copy) => index.isTree(copy) === index.isTree(entry))
          expect(copies.filter((copy) => survey.keep.has(copy))).toHaveLength(1)
          const stays = copies.some((copy) => actions[index.packOf(copy)] === keep)
          expect(stays || copies.filter((copy) => moved.has(copy)).length === 1).toBe(true)
          // what is relied on is sound wherever there is something sound
          const kept = copies.find((copy) => survey.keep.has(copy)) ?? -1
          const anySound = copies.some((copy) => isSound(survey, index.packOf(copy)))
          expect(isSound(survey, index.packOf(kept))).toBe(anySound)
        }
        expect(figures.blobs.used).toBe(usedBlobs)
        for (const entry of move) expect(survey.keep.has(entry)).toBe(true)
      }),
      { numRuns: 500 },
    )
  })

  test('limits are respected and the figures add up', () => {
    fc.assert(
      fc.property(any, ({ packs, usedMask, options, version }) => {
        const made = makeCase(packs, usedOf(usedMask))
        const { actions, survey, figures } = decide(made, version, options)
        let repackBytes = 0
        for (const [pack, action] of actions.entries()) {
          if (action === repack) repackBytes += survey.expectedBytes[pack] ?? 0
        }
        if (options.maxRepackBytes !== undefined) expect(repackBytes).toBeLessThanOrEqual(options.maxRepackBytes)
        if (options.maxRepackBytes === undefined && options.repackCacheableOnly !== true) {
          const { maxUnused } = options
          if (maxUnused !== 'unlimited' && 'bytes' in maxUnused) {
            expect(figures.bytes.remainUnused).toBeLessThanOrEqual(maxUnused.bytes)
          }
        }
        expect(figures.bytes.remain).toBe(figures.bytes.used + figures.bytes.remainUnused)
        const { keep: kept, remove: removed, repack: rewritten } = figures.packs
        expect(kept + removed + rewritten).toBe(figures.packs.total)
      }),
      { numRuns: 500 },
    )
  })

  test('the order in which index files are read changes nothing', () => {
    fc.assert(
      fc.property(any, ({ packs, usedMask, options, version }) => {
        const made = makeCase(packs, usedOf(usedMask))
        const reversed = BlobIndex.create(0)
        for (let pack = made.index.packIds.length - 1; pack >= 0; pack--) {
          for (let entry = 0; entry < made.index.size; entry++) {
            if (made.index.packOf(entry) !== pack) continue
            const { packId, isTree, offset, length, rawLength } = made.index.place(entry)
            const id = Buffer.from(made.index.idOf(entry), 'hex')
            reversed.add(reversed.addPack(packId), id, isTree, offset, length, rawLength)
          }
        }
        const used = EntryBitmap.create(reversed.size)
        for (let entry = 0; entry < made.index.size; entry++) {
          if (!made.used.has(entry)) continue
          used.add(findTypedEntry(reversed, made.index.idOf(entry), made.index.isTree(entry)))
        }
        const actionsById = (c: Case): Record<string, number | undefined> => {
          const { actions } = decide(c, version, options)
          return Object.fromEntries(c.index.packIds.map((id, pack) => [id, actions[pack]]))
        }
        expect(actionsById({ index: reversed, used, sizes: made.sizes })).toEqual(actionsById(made))
      }),
      { numRuns: 300 },
    )
  })
})
