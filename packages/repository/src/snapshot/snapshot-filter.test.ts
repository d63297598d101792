import { expect, test } from 'vitest'
import { exampleSnapshot } from './snapshot-fixture.ts'
import { hasTags, isFilterEmpty, matchesFilter } from './snapshot-filter.ts'

const { snapshot } = exampleSnapshot({ hostname: 'web1', paths: ['/a', '/b'], tags: ['x', 'y'] })
const untagged = exampleSnapshot({ tags: [] }).snapshot

test('an empty filter selects everything', () => {
  expect(matchesFilter(snapshot, {})).toBe(true)
  expect(matchesFilter(snapshot, { hosts: [], tags: [], paths: [] })).toBe(true)
  expect(isFilterEmpty({ hosts: [] })).toBe(true)
  expect(isFilterEmpty({ tags: [['x']] })).toBe(false)
})

test('hosts are alternatives', () => {
  expect(matchesFilter(snapshot, { hosts: ['db', 'web1'] })).toBe(true)
  expect(matchesFilter(snapshot, { hosts: ['db'] })).toBe(false)
})

test('a snapshot must hold all paths of the filter and may hold more', () => {
  expect(matchesFilter(snapshot, { paths: ['/b'] })).toBe(true)
  expect(matchesFilter(snapshot, { paths: ['/a', '/c'] })).toBe(false)
  expect(matchesFilter(snapshot, { paths: ['/a/'] })).toBe(false)
})

test('tags are required together inside a list, and lists are alternatives', () => {
  expect(matchesFilter(snapshot, { tags: [['x', 'y']] })).toBe(true)
  expect(matchesFilter(snapshot, { tags: [['x', 'z']] })).toBe(false)
  expect(matchesFilter(snapshot, { tags: [['x', 'z'], ['y']] })).toBe(true)
})

test('an empty tag selects the snapshots without tags', () => {
  expect(matchesFilter(untagged, { tags: [['']] })).toBe(true)
  expect(matchesFilter(snapshot, { tags: [['']] })).toBe(false)
  expect(hasTags(untagged, ['x'])).toBe(false)
  expect(hasTags(untagged, [])).toBe(true)
})
