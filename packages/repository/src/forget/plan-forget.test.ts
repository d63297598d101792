import { parseCalendarDuration } from '@holdfast/core/units/calendar-duration'
import { describe, expect, test } from 'vitest'
import { groupByHostAndPaths } from '../snapshot/group-snapshots.ts'
import type { ListedSnapshot } from '../snapshot/listed-snapshot.ts'
import { exampleSnapshot } from '../snapshot/snapshot-fixture.ts'
import { keepUntilTag, pinTag } from './pin.ts'
import { type ForgetPlan, planForget, planForgetSnapshots } from './plan-forget.ts'
import { emptyPolicy, type RetentionPolicy, unlimited } from './retention-policy.ts'

const now = new Date('2026-11-21T12:00:00Z')
const options = { repositoryId: 'r', groupBy: groupByHostAndPaths, now }

function plan(snapshots: readonly ListedSnapshot[], policy: Partial<RetentionPolicy>, more = {}): ForgetPlan {
  return planForget(snapshots, { ...emptyPolicy, ...policy }, { ...options, ...more })
}

function at(...times: string[]): ListedSnapshot[] {
  return times.map((time) => exampleSnapshot({ time }))
}

function keptTimes({ groups }: ForgetPlan): string[] {
  return groups.flatMap(({ keep }) => keep.map(({ snapshot }) => snapshot.time))
}

function within(text: string): RetentionPolicy['within'] & object {
  return parseCalendarDuration(text, 'test')
}

describe('a count of periods', () => {
  test('keeps the newest snapshot of each and says how many are left', () => {
    const { groups } = plan(
      at('2026-11-20T01:00:00Z', '2026-11-20T09:00:00Z', '2026-11-19T01:00:00Z', '2026-11-18T01:00:00Z'),
      {
        counts: { daily: 2 },
      },
    )
    expect(groups[0]?.keep).toMatchObject([
      { snapshot: { time: '2026-11-20T09:00:00Z' }, matches: ['daily snapshot'], counters: { daily: 1 } },
      { snapshot: { time: '2026-11-19T01:00:00Z' }, matches: ['daily snapshot'], counters: {} },
    ])
    expect(groups[0]?.remove.map(({ snapshot }) => snapshot.time)).toEqual([
      '2026-11-20T01:00:00Z',
      '2026-11-18T01:00:00Z',
    ])
  })

  test('keeps the oldest snapshot too while it is not used up', () => {
    const times = ['2026-11-20T03:00:00Z', '2026-11-20T02:00:00Z', '2026-11-20T01:00:00Z']
    expect(keptTimes(plan(at(...times), { counts: { daily: 7 } }))).toEqual([times[0], times[2]])
    expect(keptTimes(plan(at(...times), { counts: { daily: 1 } }))).toEqual([times[0]])
  })

  test('without end keeps every period', () => {
    const times = ['2026-11-20T03:00:00Z', '2020-01-01T02:00:00Z', '2020-01-01T01:00:00Z', '1999-12-31T01:00:00Z']
    const outcome = plan(at(...times), { counts: { daily: unlimited } })
    expect(keptTimes(outcome)).toEqual([times[0], times[1], times[3]])
    expect(outcome.groups[0]?.keep[2]?.counters).toEqual({ daily: unlimited })
  })

  test('tells days apart by the zone each snapshot was made in', () => {
    const tokyo = ['2026-11-20T00:30:00+09:00', '2026-11-19T23:30:00+09:00']
    expect(keptTimes(plan(at(...tokyo), { counts: { daily: 5 } }))).toEqual(tokyo)
    const sameDay = [
      '2026-11-20T12:00:00Z',
      '2026-11-20T08:00:00Z',
      '2026-11-20T23:00:00+15:00',
      '2026-11-01T00:00:00Z',
    ]
    expect(keptTimes(plan(at(...sameDay), { counts: { daily: 2 } }))).toEqual([sameDay[0], sameDay[3]])
  })

  test('tells weeks apart as ISO 8601 does, over the turn of a year', () => {
    const times = ['2021-01-04T00:00:00Z', '2021-01-03T00:00:00Z', '2020-12-31T00:00:00Z', '2020-01-01T00:00:00Z']
    expect(keptTimes(plan(at(...times), { counts: { weekly: 2 } }))).toEqual([times[0], times[1]])
  })
})

describe('a span', () => {
  test('is measured from the newest snapshot, and its far end is excluded', () => {
    const times = ['2026-03-31T10:00:00Z', '2026-03-03T10:00:00.000000001Z', '2026-03-03T10:00:00Z']
    expect(keptTimes(plan(at(...times), { within: within('1m') }))).toEqual([times[0], times[1]])
  })

  test('does not start at a snapshot dated in the future, which is kept', () => {
    const times = ['2030-01-01T00:00:00Z', '2026-11-20T00:00:00Z', '2026-11-19T12:00:00Z', '2026-11-01T00:00:00Z']
    expect(keptTimes(plan(at(...times), { within: within('1d') }))).toEqual(times.slice(0, 3))
  })

  test('of periods keeps one of each without a count', () => {
    const times = ['2026-11-20T03:00:00Z', '2026-11-20T02:00:00Z', '2026-11-19T02:00:00Z', '2026-11-01T01:00:00Z']
    const outcome = plan(at(...times), { withinPeriods: { daily: within('7d') } })
    expect(keptTimes(outcome)).toEqual([times[0], times[2]])
    expect(outcome.groups[0]?.keep[0]?.matches).toEqual(['daily within 7d'])
  })
})

test('the oldest snapshot stays while a span still covers it, and says so', () => {
  const times = ['2026-11-20T03:00:00Z', '2026-11-20T02:00:00Z', '2026-11-20T01:00:00Z']
  const { groups } = plan(at(...times), { withinPeriods: { daily: within('7d') }, counts: { yearly: 2 } })
  expect(groups[0]?.keep.map(({ matches }) => matches)).toEqual([
    ['yearly snapshot', 'daily within 7d'],
    ['oldest yearly snapshot', 'oldest daily within 7d'],
  ])
})

test('tags keep what has all of any list, and an empty tag what has none', () => {
  const snapshots = [['a', 'b'], ['a'], [], ['c']].map((tags, hour) =>
    exampleSnapshot({ tags, time: `2026-11-20T0${hour}:00:00Z` }),
  )
  const { groups } = plan(snapshots, { tags: [['a', 'b'], ['']] })
  expect(groups[0]?.keep.map(({ snapshot, matches }) => [snapshot.tags, matches])).toEqual([
    [[], ['has tags []']],
    [['a', 'b'], ['has tags [a, b]']],
  ])
})

test('a pin with an end holds until then, and not against removal by id', () => {
  const until = (time: string): ListedSnapshot =>
    exampleSnapshot({ tags: [keepUntilTag(new Date(time))], time: '2020-01-01T00:00:00Z' })
  const [held, over] = [until('2026-11-21T12:00:01Z'), until('2026-11-21T12:00:00Z')]
  const [newest] = at('2026-11-20T00:00:00Z')
  const snapshots = [held, over, ...(newest === undefined ? [] : [newest])]
  const { groups, remove } = plan(snapshots, { counts: { last: 1 } })
  expect(remove).toEqual([over.id])
  expect(groups[0]?.keep.at(-1)?.matches).toEqual(['pinned until 2026-11-21T12:00:01.000Z'])
  expect(planForgetSnapshots([held], { repositoryId: 'r', presentIds: [held.id] }).remove).toEqual([held.id])
})

describe('a pin', () => {
  const pinned = exampleSnapshot({ tags: [pinTag], time: '2020-01-01T00:00:00Z' })
  const held = exampleSnapshot({ tags: ['pin=lawsuit 7'], time: '2020-01-01T00:00:01Z' })
  const free = exampleSnapshot({ tags: ['pin', 'pin='], time: '2020-01-02T00:00:00Z' })
  const newest = exampleSnapshot({ time: '2026-11-20T00:00:00Z' })

  test('keeps a snapshot that the policy would remove, and is named as the reason', () => {
    const { groups, remove } = plan([pinned, held, free, newest], { counts: { last: 1 } })
    expect(groups[0]?.keep.map(({ matches }) => matches)).toEqual([
      ['last snapshot'],
      ['pinned by tag pin=lawsuit 7'],
      [`pinned by tag ${pinTag}`],
    ])
    expect(remove).toEqual([free.id])
  })

  test('holds against naming the snapshot and against removing all', () => {
    const named = planForgetSnapshots([pinned, free], {
      repositoryId: 'r',
      presentIds: [pinned.id, free.id, newest.id],
    })
    expect(named.remove).toEqual([free.id])
    expect(named.groups[0]?.keep).toMatchObject([{ id: pinned.id, matches: [`pinned by tag ${pinTag}`] }])
    expect(plan([pinned, free], {}, { allowRemoveAll: true, isFiltered: true }).remove).toEqual([free.id])
  })

  test('does not excuse a policy that keeps nothing by itself', () => {
    expect(() => plan([pinned, free], { tags: [['nosuch']] })).toThrow(
      expect.objectContaining({ code: 'POLICY_REMOVES_ALL' }),
    )
    expect(plan([pinned, held], { tags: [['nosuch']] }).remove).toEqual([])
  })
})

describe('a plan is refused', () => {
  const snapshots = at('2026-11-20T03:00:00Z', '2026-11-20T02:00:00Z')

  test.each([{}, { counts: { last: 0 } }, { within: within('0d') }, { withinPeriods: { daily: within('0h') } }])(
    'when the policy %j holds no rule',
    (policy) => {
      expect(() => plan(snapshots, policy)).toThrow(expect.objectContaining({ code: 'POLICY_EMPTY' }))
      expect(() => plan(snapshots, policy, { allowRemoveAll: true })).toThrow(
        expect.objectContaining({ code: 'POLICY_EMPTY' }),
      )
      expect(() => plan(snapshots, policy, { isFiltered: true })).toThrow(
        expect.objectContaining({ code: 'POLICY_EMPTY' }),
      )
      expect(plan(snapshots, policy, { allowRemoveAll: true, isFiltered: true }).remove).toHaveLength(2)
    },
  )

  test('when it would empty a group, even if everything may be removed', () => {
    const policy = { tags: [['nosuch']] }
    expect(() => plan(snapshots, policy, { allowRemoveAll: true, isFiltered: true })).toThrow(
      'the policy would remove every snapshot of host web1, paths [/srv]',
    )
  })

  test.each([
    { counts: { daily: -2 } },
    { counts: { last: 1.5 } },
    { within: { years: 0, months: 0, days: -1, hours: 0 } },
    { withinPeriods: { yearly: { years: 1, months: 0, days: 0, hours: -1 } } },
  ])('when it holds the negative or broken number of %j', (policy) => {
    expect(() => plan(snapshots, policy)).toThrow(expect.objectContaining({ code: 'ARGUMENT_INVALID' }))
  })
})

test('the digest changes with the repository, what is removed and what was there', () => {
  const snapshots = at('2026-11-20T03:00:00Z', '2026-11-20T02:00:00Z', '2026-11-20T01:00:00Z')
  const presentIds = snapshots.map(({ id }) => id)
  const digests = [
    plan(snapshots, { counts: { last: 1 } }),
    plan(snapshots, { counts: { last: 2 } }),
    plan(snapshots, { counts: { last: 1 } }, { repositoryId: 'other' }),
    plan(snapshots, { counts: { last: 1 } }, { presentIds: [...presentIds, 'f'.repeat(64)] }),
  ].map(({ digest }) => digest)
  expect(new Set(digests).size).toBe(4)
  expect(plan(snapshots.toReversed(), { counts: { last: 1 } }).digest).toBe(digests[0])
})
