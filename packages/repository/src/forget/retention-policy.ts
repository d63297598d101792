import { AppError } from '@holdfast/core/errors/app-error'
import {
  type CalendarDuration,
  isNegativeCalendarDuration,
  isZeroCalendarDuration,
} from '@holdfast/core/units/calendar-duration'

/** The periods of which a number of snapshots is kept; `last` counts every snapshot. */
export const keepPeriods = ['last', 'hourly', 'daily', 'weekly', 'monthly', 'yearly'] as const

/** The periods of which every one inside a span is kept. */
export const keepWithinPeriods = ['hourly', 'daily', 'weekly', 'monthly', 'yearly'] as const

export type KeepPeriod = (typeof keepPeriods)[number]
export type KeepWithinPeriod = (typeof keepWithinPeriods)[number]

/** A count without end. */
export const unlimited = -1

/** Which snapshots of a group are kept, restic's rules: a snapshot stays if any rule keeps it. */
export interface RetentionPolicy {
  /** keep the newest snapshot of that many periods; `unlimited` for all of them, 0 for none */
  readonly counts: Readonly<Partial<Record<KeepPeriod, number>>>
  /** keep everything not older than this, measured from the newest snapshot that is not in the future */
  readonly within?: CalendarDuration
  /** keep the newest snapshot of every period not older than this */
  readonly withinPeriods: Readonly<Partial<Record<KeepWithinPeriod, CalendarDuration>>>
  /** keep what has all tags of any of these lists; an empty tag stands for "no tags" */
  readonly tags: readonly (readonly string[])[]
}

export const emptyPolicy: RetentionPolicy = { counts: {}, withinPeriods: {}, tags: [] }

/** Whether the policy holds no rule at all; counts and durations of zero are no rules. */
export function isPolicyEmpty({ counts, within, withinPeriods, tags }: RetentionPolicy): boolean {
  const spans = [within, ...Object.values(withinPeriods)]
  return (
    tags.length === 0 &&
    Object.values(counts).every((count) => count === 0) &&
    spans.every((span) => span === undefined || isZeroCalendarDuration(span))
  )
}

/** Reads the value of a --keep-… option that counts: a whole number, or `unlimited`. Fails with ARGUMENT_INVALID. */
export function parseKeepCount(text: string, name: string): number {
  if (text === 'unlimited' || text === '-1') return unlimited
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw new AppError('ARGUMENT_INVALID', {
    name,
    value: JSON.stringify(text),
    reason: 'write a whole number that is not negative, or unlimited',
  })
}

/** @throws AppError ARGUMENT_INVALID for a negative count other than `unlimited`, or a negative duration */
export function validatePolicy({ counts, within, withinPeriods }: RetentionPolicy): void {
  for (const [period, count] of Object.entries(counts)) {
    if (Number.isSafeInteger(count) && count >= unlimited) continue
    const reason = 'write a whole number that is not negative, or unlimited'
    throw new AppError('ARGUMENT_INVALID', { name: `keep-${period}`, value: count, reason })
  }
  const spans = Object.entries(withinPeriods).map(([period, span]) => [`keep-within-${period}`, span] as const)
  for (const [name, span] of [['keep-within', within] as const, ...spans]) {
    if (span === undefined || !isNegativeCalendarDuration(span)) continue
    const value = `${span.years}y${span.months}m${span.days}d${span.hours}h`
    throw new AppError('ARGUMENT_INVALID', { name, value, reason: 'negative durations are not allowed' })
  }
}
