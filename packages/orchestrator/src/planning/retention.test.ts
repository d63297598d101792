import type { KeepSettings } from '@holdfast/core/config/effective-config'
import { exampleSnapshot } from '@holdfast/repository/snapshot/snapshot-fixture'
import { array, assert, boolean, constantFrom, integer, option, property, record } from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ProofRecord, SnapshotRecord } from '../catalogue/catalogue.ts'
import type { Finding } from '../finding/finding.ts'
import { pausesRetention, planRetention, provenIds } from './retention.ts'

const now = new Date('2026-06-30T12:00:00Z')
const hourMs = 3_600_000

/** `ages` in hours before now; the ids are the positions. */
function aged(...ages: number[]) {
  return ages.map((age) => exampleSnapshot({ time: new Date(now.getTime() - age * hourMs).toISOString() }))
}

function keptAges(ages: readonly number[], proven: readonly number[], keep: KeepSettings, isProving = true): number[] {
  const snapshots = aged(...ages)
  const ids = new Set(snapshots.filter((_, index) => proven.includes(ages[index] ?? -1)).map(({ id }) => id))
  const outcome = planRetention(snapshots, { keep, provenIds: ids, isProving, isPaused: false, now })
  return outcome.keep.map(({ id }) => ages[snapshots.findIndex((snapshot) => snapshot.id === id)] ?? -1)
}

describe('retention', () => {
  test('keeps what the rules keep while the newest is proven', () => {
    expect(keptAges([0, 1, 2, 3, 4], [0, 4], { last: 2 })).toEqual([0, 1])
  })

  test('never removes the last proven snapshot', () => {
    expect(keptAges([0, 1, 2, 3, 4], [4], { last: 2 }, false)).toEqual([0, 1, 4])
  })

  test('removes nothing because of newer snapshots that nobody has proven', () => {
    expect(keptAges([0, 1, 2, 3, 4, 5, 6], [3, 5], { last: 3 })).toEqual([0, 1, 2, 3, 4, 5])
  })

  test('follows the rules alone while nothing was proven', () => {
    expect(keptAges([0, 1, 2, 3], [], { last: 2 })).toEqual([0, 1])
  })

  test('says why it keeps what the rules would remove', () => {
    const snapshots = aged(0, 1, 2, 3)
    const request = { keep: { last: 1 }, isProving: true, isPaused: false, now }
    const proven = new Set([snapshots[2]?.id ?? ''])
    const { keep } = planRetention(snapshots, { ...request, provenIds: proven })
    expect(keep.map(({ matches }) => matches)).toEqual([['last snapshot'], ['newest proven snapshot']])
    const paused = planRetention(snapshots, { ...request, provenIds: new Set(), isPaused: true })
    expect(paused.remove).toEqual([])
    expect(paused.keep.at(-1)?.matches).toEqual(['retention is paused'])
  })

  test('lets no snapshot from the future take the place of another', () => {
    expect(keptAges([-9000, -48, -0.5, 1, 2], [], { last: 2 })).toEqual([-9000, -48, -0.5, 1])
    expect(keptAges([-2, 1, 30], [], { daily: 1 }), 'and keeps it').toEqual([-2, 1])
  })

  test('removes nothing without a rule', () => {
    expect(keptAges([0, 1], [], {})).toEqual([0, 1])
  })

  test('reads spans of time', () => {
    expect(keptAges([1, 20, 30, 50], [1], { within: '1d' })).toEqual([1, 20])
  })

  const rules = record({
    last: option(integer({ min: 1, max: 5 }), { nil: undefined }),
    hourly: option(integer({ min: 1, max: 6 }), { nil: undefined }),
    daily: option(integer({ min: 1, max: 7 }), { nil: undefined }),
    weekly: option(integer({ min: 1, max: 4 }), { nil: undefined }),
    within: option(constantFrom('12h', '3d', '1m'), { nil: undefined }),
  })
  const history = array(record({ age: integer({ min: 0, max: 1500 }), isProven: boolean() }), { maxLength: 40 })
  const defined = (keep: object): KeepSettings =>
    Object.fromEntries(Object.entries(keep).filter(([, value]) => value !== undefined))

  test('keeps its promises whatever the history', () => {
    assert(
      property(
        rules,
        history,
        array(integer({ min: 0, max: 1500 }), { maxLength: 20 }),
        boolean(),
        (given, past, later, isProving) => {
          const keep = defined(given)
          const snapshots = aged(...past.map(({ age }) => age + 1500))
          const ids = new Set(snapshots.filter((_, index) => past[index]?.isProven === true).map(({ id }) => id))
          const request = { keep, provenIds: ids, isProving, isPaused: false, now }
          const before = planRetention(snapshots, request)
          const after = planRetention([...snapshots, ...aged(...later)], request)
          const removed = new Set(after.remove.map(({ id }) => id))
          expect(after.keep.length + after.remove.length).toBe(snapshots.length + later.length)
          const newestProven = before.keep.find(({ id }) => ids.has(id))
          if (ids.size > 0) expect(newestProven).toBeDefined()
          if (newestProven !== undefined) expect(removed.has(newestProven.id)).toBe(false)
          if (!isProving || newestProven === undefined) return
          // What was vouched for before the unproven ones came is there after they have come.
          const upTo = snapshots.filter(({ snapshot }) => snapshot.time <= newestProven.snapshot.time)
          for (const { id } of planRetention(upTo, request).keep) expect(removed.has(id)).toBe(false)
        },
      ),
      { numRuns: 150 },
    )
  })

  test('has nothing more to remove when what it removed is gone', () => {
    assert(
      property(rules, history, (given, past) => {
        const snapshots = aged(...past.map(({ age }) => age))
        const ids = new Set(snapshots.filter((_, index) => past[index]?.isProven === true).map(({ id }) => id))
        const request = { keep: defined(given), provenIds: ids, isProving: true, isPaused: false, now }
        const { keep } = planRetention(snapshots, request)
        expect(planRetention(keep, request).remove).toEqual([])
      }),
      { numRuns: 100 },
    )
  })
})

describe('what is proven in a repository', () => {
  const held = (repository: string, snapshotId: string, lineage: string): SnapshotRecord => ({
    repository,
    snapshotId,
    source: 'shop',
    time: now,
    lineage,
  })
  const proof = (
    repository: string,
    snapshotId: string,
    verdict: ProofRecord['verdict'],
    hour: number,
  ): ProofRecord => ({
    id: `${repository}-${hour}`,
    source: 'shop',
    repository,
    snapshotId,
    verdict,
    target: 'newest',
    endedAt: new Date(now.getTime() + hour * hourMs),
    recoveryMs: 1,
    bytes: 1,
    checks: '[]',
  })
  const records = [held('local', 'a', 'run-1'), held('offsite', 'b', 'run-1'), held('local', 'c', 'run-2')]

  test('is what a proof passed on, wherever it read it', () => {
    expect([...provenIds('local', records, [proof('local', 'a', 'passed', 1)])]).toEqual(['a'])
    expect([...provenIds('offsite', records, [proof('local', 'a', 'passed', 1)])]).toEqual(['b'])
  })

  test('is not what failed last', () => {
    const proofs = [proof('offsite', 'b', 'failed', 2), proof('local', 'a', 'passed', 1)]
    expect([...provenIds('local', records, proofs)]).toEqual([])
  })

  test('is nothing for snapshots that are gone', () => {
    expect([...provenIds('local', records, [proof('local', 'gone', 'passed', 1)])]).toEqual([])
  })
})

test('retention of a source pauses while an anomaly of it is open, acknowledged or not', () => {
  const finding: Finding = {
    kind: 'anomaly',
    severity: 'critical',
    subject: { source: 'shop' },
    title: '',
    detail: '',
    figures: {},
    key: 'anomaly/shop',
    firstSeenAt: now,
    lastSeenAt: now,
    acknowledged: { by: 'someone', at: now, note: '' },
  }
  expect(pausesRetention('shop', [finding])).toBe(true)
  expect(pausesRetention('other', [finding])).toBe(false)
  expect(pausesRetention('shop', [{ ...finding, kind: 'slow' }])).toBe(false)
})
