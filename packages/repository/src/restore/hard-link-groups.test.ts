import { expect, it } from 'vitest'
import { HardLinkGroups } from './hard-link-groups.ts'

it('restores one name of each group and links the others to it', () => {
  const groups = new HardLinkGroups()
  groups.add({ group: 'x', file: 1 }, 0)
  groups.add({ group: 'x', file: 5 }, 1)
  groups.add({ group: 'y', file: 2 }, 0)
  expect(groups.takeFirsts(0, 10)).toEqual([1, 2])
  expect(groups.takeFirsts(1, 10)).toEqual([])
  groups.restored(0, 1, '/t/x')
  groups.restored(0, 2, '/t/y')
  expect(groups.retry()).toBe(false)
  expect([...groups.linkJobs(10)]).toEqual([[1, [{ type: 'links', links: [{ file: 5, source: '/t/x' }] }]]])
})

it('lets the next name try when the first was not restored', () => {
  const groups = new HardLinkGroups()
  groups.add({ group: 'x', file: 1 }, 0)
  groups.add({ group: 'x', file: 2 }, 1)
  groups.add({ group: 'x', file: 3 }, 1)
  groups.takeFirsts(0, 10)
  expect(groups.retry()).toBe(true)
  expect(groups.takeFirsts(1, 10)).toEqual([2])
  groups.restored(1, 2, '/t/second')
  expect(groups.retry()).toBe(false)
  expect([...groups.linkJobs(10).values()].flat()).toEqual([
    { type: 'links', links: [{ file: 3, source: '/t/second' }] },
  ])
})

it('gives up when no name is left', () => {
  const groups = new HardLinkGroups()
  groups.add({ group: 'x', file: 1 }, 0)
  expect(groups.retry()).toBe(false)
  expect(groups.linkJobs(10).size).toBe(0)
})
