/**
 * A moment together with the zone offset it was recorded in, exact to the nanosecond. restic stores times so, and its
 * retention rules read the calendar as the recording machine saw it; a Date keeps neither.
 */
export interface ZonedTime {
  /** nanoseconds since 1970-01-01T00:00:00Z, negative before */
  readonly ns: bigint
  /** minutes that local time is ahead of UTC */
  readonly offsetMinutes: number
}

/** What a calendar and a clock on the wall show at that place. */
export interface CalendarFields {
  readonly year: number
  /** 1–12 */
  readonly month: number
  /** 1–31 */
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
}

const nsPerMs = 1_000_000n

/** The moment of a Date, seen in a zone. */
export function zonedTimeOf(date: Date, offsetMinutes = 0): ZonedTime {
  return { ns: BigInt(date.getTime()) * nsPerMs, offsetMinutes }
}

export function calendarFields(time: ZonedTime): CalendarFields {
  const local = localDate(time)
  return {
    year: local.getUTCFullYear(),
    month: local.getUTCMonth() + 1,
    day: local.getUTCDate(),
    hour: local.getUTCHours(),
    minute: local.getUTCMinutes(),
    second: local.getUTCSeconds(),
  }
}

/** ISO 8601 week: weeks start on Monday and belong to the year that holds their Thursday. */
export function isoWeek(time: ZonedTime): { readonly year: number; readonly week: number } {
  const { year, month, day } = calendarFields(time)
  const dayMs = 86_400_000
  const todayMs = utcMs(year, month, day)
  const weekday = (new Date(todayMs).getUTCDay() + 6) % 7
  const thursdayMs = todayMs + (3 - weekday) * dayMs
  const weekYear = new Date(thursdayMs).getUTCFullYear()
  return { year: weekYear, week: Math.floor((thursdayMs - utcMs(weekYear, 1, 1)) / (7 * dayMs)) + 1 }
}

/**
 * Moves the date by calendar units, keeping the local time of day; days that do not exist run over into the next month
 * (31 March − 1 month = 3 March), as in Go's AddDate. A date no calendar reaches becomes the earliest or latest one.
 */
export function addCalendar(time: ZonedTime, years: number, months: number, days: number): ZonedTime {
  const { year, month, day } = calendarFields(time)
  const beforeMs = utcMs(year, month, day)
  const afterMs = utcMs(year + years, month + months, day + days)
  const farthestMs = 8.64e15
  const reachableMs = Number.isNaN(afterMs) ? Math.sign(years || months || days) * farthestMs : afterMs
  return { ...time, ns: time.ns + (BigInt(reachableMs) - BigInt(beforeMs)) * nsPerMs }
}

function localDate(time: ZonedTime): Date {
  const ms = (time.ns - floorModulo(time.ns, nsPerMs)) / nsPerMs
  return new Date(Number(ms) + time.offsetMinutes * 60_000)
}

/** Date.UTC reads years 0–99 as 1900–1999; this does not. */
function utcMs(year: number, month: number, day: number): number {
  return new Date(0).setUTCFullYear(year, month - 1, day)
}

function floorModulo(value: bigint, divisor: bigint): bigint {
  return ((value % divisor) + divisor) % divisor
}
