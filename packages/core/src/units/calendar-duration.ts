import { AppError } from '../errors/app-error.ts'
import { addCalendar, type ZonedTime } from './zoned-time.ts'

/** A span in calendar units, restic's `1y5m7d2h`: a month is as long as that month is. */
export interface CalendarDuration {
  readonly years: number
  readonly months: number
  readonly days: number
  readonly hours: number
}

const units = { y: 'years', m: 'months', d: 'days', h: 'hours' } as const
const form = 'write whole numbers with the units y, m, d, h, such as 1y5m7d2h'
const largestNumber = 1_000_000_000

/**
 * Reads `1y5m7d2h` (any of the units, each at most once). `name` is the option or setting, for the error. Fails with
 * ARGUMENT_INVALID; a negative number is refused unless allowed.
 */
export function parseCalendarDuration(
  text: string,
  name: string,
  options: { readonly allowNegative?: boolean } = {},
): CalendarDuration {
  const trimmed = text.trim()
  if (!/^(?:-?\d+[ymdh])+$/.test(trimmed)) throw invalid(name, text, form)
  const result: { -readonly [Unit in keyof CalendarDuration]?: number } = {}
  for (const [, digits, letter] of trimmed.matchAll(/(-?\d+)([ymdh])/g)) {
    const unit = units[unitLetter(letter)]
    const value = Number(digits)
    if (result[unit] !== undefined) throw invalid(name, text, `the unit ${letter} is given twice`)
    if (Math.abs(value) > largestNumber) throw invalid(name, text, 'the number is too large')
    if (value < 0 && options.allowNegative !== true) throw invalid(name, text, 'negative durations are not allowed')
    result[unit] = value
  }
  return { years: result.years ?? 0, months: result.months ?? 0, days: result.days ?? 0, hours: result.hours ?? 0 }
}

/** The shortest text that reads back as this duration; empty for zero, as restic prints it. */
export function formatCalendarDuration({ years, months, days, hours }: CalendarDuration): string {
  const parts = [`${years}y`, `${months}m`, `${days}d`, `${hours}h`]
  return parts.filter((part) => Number.parseInt(part, 10) !== 0).join('')
}

export function isZeroCalendarDuration({ years, months, days, hours }: CalendarDuration): boolean {
  return years === 0 && months === 0 && days === 0 && hours === 0
}

export function isNegativeCalendarDuration({ years, months, days, hours }: CalendarDuration): boolean {
  return years < 0 || months < 0 || days < 0 || hours < 0
}

/** The moment that much earlier: years, months and days on the calendar of the time's own zone, then hours. */
export function subtractCalendarDuration(time: ZonedTime, duration: CalendarDuration): ZonedTime {
  const dated = addCalendar(time, -duration.years, -duration.months, -duration.days)
  return { ...dated, ns: dated.ns - BigInt(duration.hours) * 3_600_000_000_000n }
}

function unitLetter(letter: string | undefined): keyof typeof units {
  return letter === 'y' || letter === 'm' || letter === 'd' ? letter : 'h'
}

function invalid(name: string, text: string, reason: string): AppError {
  return new AppError('ARGUMENT_INVALID', { name, value: JSON.stringify(text), reason })
}
