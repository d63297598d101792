import { isDeepStrictEqual } from 'node:util'
import { quietContext } from '@holdfast/core/context'
import { isAppError } from '@holdfast/core/errors/app-error'
import { type CalendarDuration, formatCalendarDuration } from '@holdfast/core/units/calendar-duration'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Snapshot } from '../format/snapshot.ts'
import type { GroupBy } from '../snapshot/group-snapshots.ts'
import { listSnapshots } from '../snapshot/list-snapshots.ts'
import { createResticFixture, type ResticFixture, resticPrograms } from '../snapshot/restic-fixture.ts'
import { storeSnapshot } from '../snapshot/snapshot-fixture.ts'
import { type ForgetPlan, planForget } from './plan-forget.ts'
import { isPolicyEmpty, keepPeriods, keepWithinPeriods, type RetentionPolicy, unlimited } from './retention-policy.ts'

const ctx = quietContext()
const populations = 2
// oxlint-disable-next-line node/no-process-env
const testSeed = Number(process.env['HOLDFAST_TEST_SEED'] ?? 7)
const budgetMs = 4_500
const comparedAtLeast = 10

/** What both sides say of one group, in one form. */
interface Outcome {
  readonly group: string
  readonly keep: readonly (readonly [id: string, matches: readonly string[]])[]
  readonly remove: readonly string[]
}

describe.each(resticPrograms())('the snapshots that a random policy keeps and why, in random groups', (program) => {
  for (let population = 1; population <= populations; population++) {
    test(`are those of ${program.split('/').at(-1)} (population ${population})`, async () => {
      const seed = testSeed + population
      await using fixture = await createResticFixture(ctx)
      await populate(fixture, seed)
      const version = (await fixture.restic(program, ['version'])).stdout
      // restic 0.14 knows no unlimited counts, does not keep the oldest, and empties groups without a word
      const isOld = version.includes(' 0.14')
      const snapshots = await listSnapshots(fixture.repository, {}, ctx)
      expect(snapshots.length).toBeGreaterThan(50)
      let compared = 0
      const endsAtMs = performance.now() + budgetMs
      const compare = async (policy: RetentionPolicy, groupBy: GroupBy): Promise<void> => {
        if (compared >= comparedAtLeast && performance.now() > endsAtMs) return
        fc.pre(!isPolicyEmpty(policy))
        fc.pre(!isOld || !Object.values(policy.counts).includes(unlimited))
        const repositoryId = fixture.repository.config.id
        const ours = outcomeOrRefusal(() => planForget(snapshots, policy, { repositoryId, groupBy, now: new Date() }))
        const run = await fixture.restic(program, [
          'forget',
          '--dry-run',
          '--no-lock',
          '--json',
          ...options(policy, groupBy),
        ])
        if (ours === 'refused') {
          expect(run.exitCode === 0).toBe(isOld)
          return
        }
        expect(`${run.exitCode} ${run.stderr}`.trim()).toBe('0')
        const theirs = parseOutcome(run.stdout)
        compared++
        const expected = isOld ? ours.map(withoutOldest) : ours
        if (!isDeepStrictEqual(expected, theirs)) expect(expected, options(policy, groupBy).join(' ')).toEqual(theirs)
      }
      await fc.assert(fc.asyncProperty(policies, groupings, compare), { seed, numRuns: 1000 })
      expect(compared).toBeGreaterThanOrEqual(comparedAtLeast)
    })
  }
})

async function populate({ repository }: ResticFixture, seed: number): Promise<void> {
  // moments must differ, in whatever zone they are written: restic reads equal ones in any order
  const minuteOf = ({ time = '' }: Partial<Snapshot>): number => Math.floor(Date.parse(time) / 60_000)
  const settings = { minLength: 60, maxLength: 140, selector: minuteOf }
  const [population = []] = fc.sample(fc.uniqueArray(snapshotFields, settings), { seed, numRuns: 1 })
  await Promise.all(population.map((fields) => storeSnapshot(repository, fields, ctx)))
}

/** Moments cluster, so that periods hold several; some lie in the future. */
const moments = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: -10 * 24 * 60, max: -10 }) },
  { weight: 4, arbitrary: fc.integer({ min: -120 * 24 * 60, max: -10 }) },
  { weight: 2, arbitrary: fc.integer({ min: -6 * 366 * 24 * 60, max: -10 }) },
  { weight: 1, arbitrary: fc.integer({ min: 24 * 60, max: 400 * 24 * 60 }) },
)

const snapshotFields: fc.Arbitrary<Partial<Snapshot>> = fc
  .record({
    minutesFromNow: moments,
    nanoseconds: fc.integer({ min: 0, max: 999_999_999 }),
    offsetMinutes: fc.constantFrom(0, 0, 540, -210, 345, -720, 840),
    hostname: fc.constantFrom('web1', 'db1'),
    paths: fc.constantFrom(['/a'], ['/a', '/b'], ['/b', '/a']),
    tags: fc.constantFrom([], [], ['x'], ['y', 'x'], ['x', 'y']),
  })
  .map(({ minutesFromNow, nanoseconds, offsetMinutes, ...fields }) => {
    const second = Math.floor(Date.now() / 60_000) * 60_000 + minutesFromNow * 60_000
    const local = new Date(second + offsetMinutes * 60_000).toISOString().slice(0, 19)
    return { ...fields, time: `${local}.${String(nanoseconds).padStart(9, '0')}${zoneText(offsetMinutes)}` }
  })

const spans: fc.Arbitrary<CalendarDuration> = fc.record({
  years: fc.constantFrom(0, 0, 0, 1, 3),
  months: fc.constantFrom(0, 0, 1, 5, 14),
  days: fc.constantFrom(0, 1, 7, 31),
  hours: fc.constantFrom(0, 0, 6, 30),
})

const counts = fc.record(
  Object.fromEntries(keepPeriods.map((period) => [period, fc.constantFrom(0, 1, 2, 3, 5, 12, unlimited)])),
  { requiredKeys: [] },
)

const policies: fc.Arbitrary<RetentionPolicy> = fc
  .record({
    counts: fc.oneof(fc.constant({}), counts),
    within: fc.option(spans, { nil: undefined, freq: 2 }),
    withinPeriods: fc.oneof(
      fc.constant({}),
      fc.record(Object.fromEntries(keepWithinPeriods.map((period) => [period, spans])), { requiredKeys: [] }),
    ),
    tags: fc.oneof(fc.constant([]), fc.array(fc.constantFrom(['x'], ['x', 'y'], ['']), { maxLength: 2 })),
  })
  .map(({ within, ...policy }) => (within === undefined ? policy : { ...policy, within }))

const groupings = fc.record({ host: fc.boolean(), paths: fc.boolean(), tags: fc.boolean() })

function options({ counts: keep, within, withinPeriods, tags }: RetentionPolicy, groupBy: GroupBy): string[] {
  const grouping = Object.entries(groupBy).flatMap(([name, chosen]) => (chosen ? [name] : []))
  return [
    `--group-by=${grouping.join(',')}`,
    ...Object.entries(keep).map(([period, count]) => `--keep-${period}=${count === unlimited ? 'unlimited' : count}`),
    ...(within === undefined ? [] : [`--keep-within=${formatCalendarDuration(within)}`]),
    ...Object.entries(withinPeriods).map(([period, span]) => `--keep-within-${period}=${formatCalendarDuration(span)}`),
    ...tags.map((list) => `--keep-tag=${list.join(',')}`),
  ]
}

function outcomeOrRefusal(plan: () => ForgetPlan): Outcome[] | 'refused' {
  try {
    return plan()
      .groups.map(({ key, keep, remove }) => ({
        group: JSON.stringify([key.hostname, key.paths, key.tags]),
        keep: keep.map(({ id, matches }) => [id, matches] as const),
        remove: remove.map(({ id }) => id),
      }))
      .toSorted(byGroup)
  } catch (error) {
    if (isAppError(error, 'POLICY_REMOVES_ALL')) return 'refused'
    throw error
  }
}

interface ResticGroup {
  tags: string[] | null
  host: string
  paths: string[] | null
  keep: { id: string }[] | null
  remove: { id: string }[] | null
  reasons: { matches: string[] }[] | null
}

function parseOutcome(stdout: string): Outcome[] {
  // restic's own output, whose shape the comparison checks
  const groups = JSON.parse(stdout) as ResticGroup[]
  return groups
    .map(({ tags, host, paths, keep, remove, reasons }) => ({
      group: JSON.stringify([host, paths ?? [], tags ?? []]),
      keep: (keep ?? []).map(({ id }, position) => [id, reasons?.[position]?.matches ?? []] as const),
      remove: (remove ?? []).map(({ id }) => id),
    }))
    .toSorted(byGroup)
}

/** The outcome without the rule that the oldest snapshot stays. */
function withoutOldest({ group, keep, remove }: Outcome): Outcome {
  const reduced = keep.map(([id, matches]) => [id, matches.filter((match) => !match.startsWith('oldest '))] as const)
  const [dropped] = reduced.findLast(([, matches]) => matches.length === 0) ?? []
  return {
    group,
    keep: reduced.filter(([, matches]) => matches.length > 0),
    remove: dropped === undefined ? remove : [...remove, dropped],
  }
}

function byGroup(a: Outcome, b: Outcome): number {
  return a.group < b.group ? -1 : 1
}

function zoneText(offsetMinutes: number): string {
  if (offsetMinutes === 0) return 'Z'
  const size = Math.abs(offsetMinutes)
  const digits = [Math.floor(size / 60), size % 60].map((part) => String(part).padStart(2, '0'))
  return `${offsetMinutes < 0 ? '-' : '+'}${digits.join(':')}`
}
