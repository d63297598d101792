import { expect, test } from 'vitest'
import { compareSimilar, createCopyFinder } from './compare-similar.ts'
import { exampleSnapshot } from './snapshot-fixture.ts'

const source = exampleSnapshot({ tags: ['a'], excludes: ['*.tmp'], uid: 7 })
const originId = 'f'.repeat(64)

test('parent, original, program and the way the moment is written make no difference', () => {
  const copy = {
    ...source.snapshot,
    original: originId,
    parent: originId,
    programVersion: 'x',
    time: '2026-11-20T21:00:00+09:00',
  }
  expect(compareSimilar(source.snapshot, copy)).toBe(true)
})

test.each([
  { time: '2026-11-20T12:00:00.000000001Z' },
  { tree: originId },
  { hostname: 'x' },
  { username: 'x' },
  { uid: 8 },
  { gid: 8 },
  { paths: ['/srv', '/x'] },
  { excludes: [] },
  { tags: ['b'] },
])('a difference in %j makes another snapshot', (difference) => {
  expect(compareSimilar(source.snapshot, { ...source.snapshot, ...difference })).toBe(false)
})

test('a copy is found by the first version it descends from', () => {
  const copy = exampleSnapshot({ ...source.snapshot, original: source.id })
  const retagged = exampleSnapshot({ ...source.snapshot, original: source.id, tags: ['z'] })
  const coincidence = exampleSnapshot({ ...source.snapshot, original: originId })
  expect(createCopyFinder([coincidence, retagged, copy])(source)?.id).toBe(copy.id)
  expect(createCopyFinder([coincidence, retagged])(source)).toBeUndefined()
})

test('a copy made back into the repository it came from is recognised', () => {
  const copy = exampleSnapshot({ ...source.snapshot, original: source.id })
  expect(createCopyFinder([source])(copy)?.id).toBe(source.id)
})
