import { expect, test } from 'vitest'
import { chooseParent } from './choose-parent.ts'
import { exampleSnapshot } from './snapshot-fixture.ts'

const now = new Date('2026-11-21T00:00:00Z')
const request = { host: 'web1', paths: ['/a'], tags: [], now }
const at = (time: string, fields: Parameters<typeof exampleSnapshot>[0] = {}) =>
  exampleSnapshot({ time, paths: ['/a'], ...fields })

test('the newest snapshot of the same host and paths is the parent', () => {
  const older = at('2026-11-18T00:00:00Z')
  const newer = at('2026-11-19T00:00:00Z')
  expect(chooseParent([newer, older], request)).toBe(newer)
})

test('a snapshot of more paths is a parent, one of fewer is not', () => {
  const superset = at('2026-11-18T00:00:00Z', { paths: ['/b', '/a'] })
  const subset = at('2026-11-19T00:00:00Z', { paths: ['/a'] })
  expect(chooseParent([superset, subset], { ...request, paths: ['/a', '/b'] })).toBe(superset)
})

test('snapshots of the future and of other hosts are no parents', () => {
  const future = at('2026-11-21T00:00:01Z')
  const stranger = at('2026-11-20T00:00:00Z', { hostname: 'web2' })
  expect(chooseParent([future, stranger], request)).toBeUndefined()
  expect(chooseParent([stranger], { ...request, groupBy: { host: false, paths: true, tags: false } })).toBe(stranger)
})

test('a snapshot taken a fraction of a millisecond ago is not in the future', () => {
  const justNow = at('2026-11-21T00:00:00.000999999Z')
  expect(chooseParent([justNow], request)).toBe(justNow)
})

test('tags count only when snapshots are grouped by them', () => {
  const tagged = at('2026-11-18T00:00:00Z', { tags: ['x', 'y'] })
  const plain = at('2026-11-19T00:00:00Z')
  const groupBy = { host: true, paths: true, tags: true }
  expect(chooseParent([tagged, plain], { ...request, tags: ['x'] })).toBe(plain)
  expect(chooseParent([tagged, plain], { ...request, tags: ['x'], groupBy })).toBe(tagged)
})
