import {
  type CalendarDuration,
  formatCalendarDuration,
  isZeroCalendarDuration,
  subtractCalendarDuration,
} from '@holdfast/core/units/calendar-duration'
import { calendarFields, isoWeek, type ZonedTime } from '@holdfast/core/units/zoned-time'
import { snapshotTime } from '../format/snapshot.ts'
import { compareByTime, type ListedSnapshot } from '../snapshot/listed-snapshot.ts'
import { hasTags } from '../snapshot/snapshot-filter.ts'
import { findPin, keptUntil } from './pin.ts'
import { type KeepPeriod, keepPeriods, keepWithinPeriods, type RetentionPolicy, unlimited } from './retention-policy.ts'

/** A snapshot that stays, and why. */
export interface KeptSnapshot extends ListedSnapshot {
  /**
   * what kept it, in restic's words: "daily snapshot", "within 7d", "has tags [a, b]", "oldest yearly snapshot"; and
   * "pinned by tag holdfast-pin", "pinned until 2026-12-31T00:00:00.000Z"
   */
  readonly matches: readonly string[]
  /** how many more each counting rule would keep after this one; rules that are used up or not set are absent */
  readonly counters: Readonly<Partial<Record<KeepPeriod, number>>>
}

export interface PolicyOutcome {
  /** newest first */
  readonly keep: readonly KeptSnapshot[]
  /** newest first */
  readonly remove: readonly ListedSnapshot[]
}

/** Keeps the first snapshot it is shown of every period, as long as its count lasts. */
interface CountRule {
  readonly period: KeepPeriod
  left: number
  lastPeriodKept: string | undefined
}

/** The same without a count, for what is newer than `after`. */
interface WithinRule {
  readonly period: KeepPeriod
  readonly reason: string
  readonly afterNs: bigint
  lastPeriodKept: string | undefined
}

/**
 * Applies restic's rules to one group. Snapshots are walked from the newest to the oldest; each rule keeps the first
 * one of every period by the calendar of the snapshot's own zone. The oldest snapshot is kept by every rule that still
 * applies, so that history grows to the length asked for.
 */
export function applyPolicy(snapshots: readonly ListedSnapshot[], policy: RetentionPolicy, now: Date): PolicyOutcome {
  const newestFirst = snapshots.toSorted((a, b) => compareByTime(b, a))
  const newest = newestNotInFuture(newestFirst, now)
  const countRules = createCountRules(policy)
  const withinRules = createWithinRules(policy, newest)
  const keep: KeptSnapshot[] = []
  const remove: ListedSnapshot[] = []
  for (const [position, listed] of newestFirst.entries()) {
    const time = snapshotTime(listed.snapshot)
    const isOldest = position === newestFirst.length - 1
    const matches = [...matchTags(listed, now), ...matchWhole(listed, time, policy, newest)]
    for (const rule of countRules) {
      if (rule.left === 0) continue
      const prefix = matchPeriod(rule, time, position, isOldest)
      if (prefix === undefined) continue
      if (rule.left !== unlimited) rule.left--
      matches.push(`${prefix}${rule.period} snapshot`)
    }
    for (const rule of withinRules) {
      if (time.ns <= rule.afterNs) continue
      const prefix = matchPeriod(rule, time, position, isOldest)
      if (prefix !== undefined) matches.push(`${prefix}${rule.reason}`)
    }
    if (matches.length === 0) remove.push(listed)
    else keep.push({ ...listed, matches, counters: countersOf(countRules) })
  }
  return { keep, remove }
}

/** What keeps a snapshot whatever the policy says. */
function matchTags({ snapshot }: ListedSnapshot, now: Date): string[] {
  const pin = findPin(snapshot)
  const until = keptUntil(snapshot)
  return [
    ...(pin === undefined ? [] : [`pinned by tag ${pin}`]),
    ...(until === undefined || until <= now ? [] : [`pinned until ${until.toISOString()}`]),
  ]
}

/** The rules that look at one snapshot alone. */
function matchWhole(
  { snapshot }: ListedSnapshot,
  time: ZonedTime,
  policy: RetentionPolicy,
  newest: ZonedTime | undefined,
): string[] {
  const matches: string[] = []
  for (const tags of policy.tags) {
    if (hasTags(snapshot, tags)) matches.push(`has tags [${tags.join(', ')}]`)
  }
  if (policy.within !== undefined && !isZeroCalendarDuration(policy.within)) {
    if (time.ns > boundaryNs(newest, policy.within)) matches.push(`within ${formatCalendarDuration(policy.within)}`)
  }
  return matches
}

function createCountRules({ counts }: RetentionPolicy): CountRule[] {
  return keepPeriods.map((period) => ({ period, left: counts[period] ?? 0, lastPeriodKept: undefined }))
}

function createWithinRules({ withinPeriods }: RetentionPolicy, newest: ZonedTime | undefined): WithinRule[] {
  return keepWithinPeriods.flatMap((period) => {
    const span = withinPeriods[period]
    if (span === undefined || isZeroCalendarDuration(span)) return []
    const reason = `${period} within ${formatCalendarDuration(span)}`
    return [{ period, reason, afterNs: boundaryNs(newest, span), lastPeriodKept: undefined }]
  })
}

/**
 * Whether a rule keeps a snapshot: because its period is another than that of the one kept before, which is then
 * remembered (empty prefix), or only because it is the oldest of all. Undefined: it does not. restic 0.18 does so,
 * restic 0.14 lets the oldest go.
 */
function matchPeriod(
  rule: CountRule | WithinRule,
  time: ZonedTime,
  position: number,
  isOldest: boolean,
): '' | 'oldest ' | undefined {
  const period = periodOf(rule.period, time, position)
  if (period === rule.lastPeriodKept) return isOldest ? 'oldest ' : undefined
  rule.lastPeriodKept = period
  return ''
}

function periodOf(period: KeepPeriod, time: ZonedTime, position: number): string {
  const { year, month, day, hour } = calendarFields(time)
  switch (period) {
    case 'last':
      return String(position)
    case 'hourly':
      return `${year}-${month}-${day} ${hour}`
    case 'daily':
      return `${year}-${month}-${day}`
    case 'weekly': {
      const iso = isoWeek(time)
      return `${iso.year} ${iso.week}`
    }
    case 'monthly':
      return `${year}-${month}`
    case 'yearly':
      return String(year)
  }
}

/** The instant a span before the newest snapshot; when all lie in the future, nothing is too old. */
function boundaryNs(newest: ZonedTime | undefined, span: CalendarDuration): bigint {
  return newest === undefined ? -(2n ** 80n) : subtractCalendarDuration(newest, span).ns
}

/** A snapshot dated in the future must not make the others look old. */
function newestNotInFuture(newestFirst: readonly ListedSnapshot[], now: Date): ZonedTime | undefined {
  const nowNs = BigInt(now.getTime()) * 1_000_000n
  return newestFirst.map(({ snapshot }) => snapshotTime(snapshot)).find((time) => time.ns < nowNs)
}

function countersOf(rules: readonly CountRule[]): Partial<Record<KeepPeriod, number>> {
  return Object.fromEntries(rules.filter(({ left }) => left !== 0).map(({ period, left }) => [period, left]))
}
