/**
 * A moment together with the zone offset it was recorded in, exact to the nanosecond. restic stores times so, and its
 * retention rules read the calendar as the recording machine saw it; a Date keeps neither.
 */
export interface ZonedTime {
  /** nanoseconds since 1970-01-01T00:00:00Z, negative before */
  readonly epochNs: bigint
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
const nsPerSecond = 1_000_000_000n
const pattern = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9})\d*)?(?:[Zz]|([+-])(\d\d):(\d\d))$/

/** Reads RFC 3339 with up to nanoseconds; undefined when the text is not such a time or names a day that does not exist. */
export function parseZonedTime(text: string): ZonedTime | undefined {
  const match = pattern.exec(text)
  if (match === null) return undefined
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number)
  if (year === undefined || month === undefined || day === undefined) return undefined
  if (hour === undefined || minute === undefined || second === undefined) return undefined
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return undefined
  if (hour > 23 || minute > 59 || second > 59) return undefined
  const offset = Number(match[9] ?? 0) * 60 + Number(match[10] ?? 0)
  const offsetMinutes = match[8] === '-' && offset !== 0 ? -offset : offset
  const fraction = BigInt((match[7] ?? '').padEnd(9, '0'))
  const localMs = utcMs(year, month, day) + ((hour * 60 + minute) * 60 + second) * 1000
  return { epochNs: BigInt(localMs - offsetMinutes * 60_000) * nsPerMs + fraction, offsetMinutes }
}

/** RFC 3339 as Go prints it: fraction without trailing zeros, `Z` for offset 0. */
export function formatZonedTime(time: ZonedTime): string {
  const { year, month, day, hour, minute, second } = calendarFields(time)
  const fraction = floorModulo(time.epochNs, nsPerSecond)
  const digits = fraction === 0n ? '' : `.${fraction.toString().padStart(9, '0').replace(/0+$/, '')}`
  const date = `${String(year).padStart(4, '0')}-${twoDigits(month)}-${twoDigits(day)}`
  return `${date}T${twoDigits(hour)}:${twoDigits(minute)}:${twoDigits(second)}${digits}${formatOffset(time.offsetMinutes)}`
}

/** The moment of a Date, seen in a zone. */
export function zonedTimeOf(date: Date, offsetMinutes = 0): ZonedTime {
  return { epochNs: BigInt(date.getTime()) * nsPerMs, offsetMinutes }
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
  return { ...time, epochNs: time.epochNs + (BigInt(reachableMs) - BigInt(beforeMs)) * nsPerMs }
}

function localDate(time: ZonedTime): Date {
  const ms = (time.epochNs - floorModulo(time.epochNs, nsPerMs)) / nsPerMs
  return new Date(Number(ms) + time.offsetMinutes * 60_000)
}

/** Date.UTC reads years 0–99 as 1900–1999; this does not. */
function utcMs(year: number, month: number, day: number): number {
  return new Date(0).setUTCFullYear(year, month - 1, day)
}

function daysInMonth(year: number, month: number): number {
  return new Date(utcMs(year, month + 1, 0)).getUTCDate()
}

function floorModulo(value: bigint, divisor: bigint): bigint {
  return ((value % divisor) + divisor) % divisor
}

function formatOffset(offsetMinutes: number): string {
  if (offsetMinutes === 0) return 'Z'
  const size = Math.abs(offsetMinutes)
  return `${offsetMinutes < 0 ? '-' : '+'}${twoDigits(Math.floor(size / 60))}:${twoDigits(size % 60)}`
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0')
}
