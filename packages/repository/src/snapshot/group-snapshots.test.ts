import { expect, test } from 'vitest'
import { describeGroup, groupByHostAndPaths, groupSnapshots, parseGroupBy } from './group-snapshots.ts'
import { exampleSnapshot } from './snapshot-fixture.ts'

test('snapshots of equal host and paths belong together, in whatever order the paths are', () => {
  const first = exampleSnapshot({ paths: ['/a', '/b'], time: '2026-01-01T00:00:00Z' })
  const second = exampleSnapshot({ paths: ['/b', '/a'], time: '2026-01-02T00:00:00Z', tags: ['t'] })
  const other = exampleSnapshot({ paths: ['/a'] })
  const groups = groupSnapshots([first, other, second], groupByHostAndPaths)
  expect(groups.map(({ key, snapshots }) => [describeGroup(key), snapshots.map(({ id }) => id)])).toEqual([
    ['host web1, paths [/a, /b]', [second.id, first.id]],
    ['host web1, paths [/a]', [other.id]],
  ])
})

test('without anything to group by there is one group', () => {
  const groups = groupSnapshots(
    [exampleSnapshot({ hostname: 'a' }), exampleSnapshot({ hostname: 'b' })],
    parseGroupBy('', 'x'),
  )
  expect(groups).toHaveLength(1)
  expect(describeGroup({ hostname: '', paths: [], tags: [] })).toBe('all snapshots')
})

test('newest first is decided by the instant, not by the clock on the wall', () => {
  const earlier = exampleSnapshot({ time: '2026-01-02T00:30:00+09:00' })
  const later = exampleSnapshot({ time: '2026-01-01T23:00:00Z' })
  const [group] = groupSnapshots([earlier, later], groupByHostAndPaths)
  expect(group?.snapshots.map(({ id }) => id)).toEqual([later.id, earlier.id])
})

test('the words for grouping are host, paths and tags, also in the singular', () => {
  expect(parseGroupBy('host,path', '--group-by')).toEqual({ host: true, paths: true, tags: false })
  expect(parseGroupBy('tags', '--group-by')).toEqual({ host: false, paths: false, tags: true })
  expect(() => parseGroupBy('host,colour', '--group-by')).toThrow(expect.objectContaining({ code: 'ARGUMENT_INVALID' }))
})
