/** An instant as a snapshot or node states it. */
export interface Timestamp {
  /** nanoseconds since 1970-01-01T00:00:00Z */
  readonly ns: bigint
  /** of the zone it was written in, east of Greenwich */
  readonly offsetMinutes: number
}

const nanosecondsPerSecond = 1_000_000_000n
const maxYear = 9999
const firstLocalSecond = Date.UTC(-1, 11, 31) / 1000 + 86400
const lastLocalSecond = Date.UTC(maxYear + 1, 0) / 1000 - 1

// Neighbouring files were often written in the same second or on the same day, so the last texts are kept.
let cachedSecond: bigint | undefined
let cachedHead = ''
let cachedZone = ''
let cachedDay = Number.NaN
let cachedDate = ''

/** Zone offsets by spans of six hours in which they do not change; asking the time-zone database costs a microsecond. */
const offsets = new Map<number, number>()
const spanSeconds = 6 * 3600
const maxSpans = 50_000

/**
 * Go's RFC3339Nano in the process's local zone: the fraction without trailing zeros, `Z` for offset 0, years clamped to
 * 0..9999 as restic does.
 */
export function formatTimestamp(ns: bigint): string {
  let second = ns / nanosecondsPerSecond
  let fraction = Number(ns - second * nanosecondsPerSecond)
  if (fraction < 0) {
    fraction += 1e9
    second -= 1n
  }
  if (second !== cachedSecond) {
    const { head, zone } = formatSecond(Number(second), cachedOffsetSeconds)
    cachedHead = head
    cachedZone = zone
    cachedSecond = second
  }
  if (fraction === 0) return cachedHead + cachedZone
  const digits = String(fraction).padStart(9, '0')
  let end = 9
  while (digits.charCodeAt(end - 1) === 0x30) end--
  return `${cachedHead}.${digits.slice(0, end)}${cachedZone}`
}

/** Forgets what is kept; for a process that changes its own time zone. */
export function resetTimestampCache(): void {
  cachedSecond = undefined
  offsets.clear()
}

function cachedOffsetSeconds(second: number): number {
  const span = Math.floor(second / spanSeconds)
  const known = offsets.get(span)
  if (known !== undefined) return known
  const offset = localOffsetSeconds(second)
  const start = span * spanSeconds
  // no zone has ever changed there and back within six hours
  if (localOffsetSeconds(start) === localOffsetSeconds(start + spanSeconds - 1)) {
    if (offsets.size >= maxSpans) offsets.clear()
    offsets.set(span, offset)
  }
  return offset
}

/** Seconds that local clocks are ahead of UTC at an instant; before standard time this need not be whole minutes. */
function localOffsetSeconds(second: number): number {
  const date = new Date(second * 1000)
  const local = new Date(0)
  local.setUTCFullYear(date.getFullYear(), date.getMonth(), date.getDate())
  local.setUTCHours(date.getHours(), date.getMinutes(), date.getSeconds())
  return local.getTime() / 1000 - second
}

/** Exported for its tests: the date and time of a second, and the zone, for any rule of offsets. */
export function formatSecond(
  second: number,
  offsetSecondsAt: (second: number) => number,
): { head: string; zone: string } {
  // instants beyond what Date can hold lie far outside the years 0..9999 anyway
  const clamped = Math.max(-8.6e12 + 86400, Math.min(8.6e12 - 86400, second))
  let offset = offsetSecondsAt(clamped)
  let local = clamped + offset
  if (local < firstLocalSecond || local > lastLocalSecond) {
    // same month, day and time of day in the nearest year that RFC 3339 can express
    const moved = new Date(local * 1000)
    moved.setUTCFullYear(local < firstLocalSecond ? 0 : maxYear)
    local = moved.getTime() / 1000
    offset = offsetSecondsAt(local - offset)
  }
  const day = Math.floor(local / 86400)
  if (day !== cachedDay) {
    cachedDay = day
    cachedDate = new Date(day * 86_400_000).toISOString().slice(0, 10)
  }
  const inDay = local - day * 86400
  const hours = twoDigits(Math.floor(inDay / 3600))
  const minutes = twoDigits(Math.floor(inDay / 60) % 60)
  return { head: `${cachedDate}T${hours}:${minutes}:${twoDigits(inDay % 60)}`, zone: formatZone(offset) }
}

function twoDigits(value: number): string {
  return value < 10 ? `0${value}` : String(value)
}

function formatZone(offsetSeconds: number): string {
  // Go drops the seconds of an offset towards zero, and writes Z only when nothing is left
  const minutes = Math.trunc(offsetSeconds / 60)
  if (offsetSeconds === 0) return 'Z'
  const size = Math.abs(minutes)
  return `${minutes < 0 ? '-' : '+'}${twoDigits(Math.floor(size / 60))}:${twoDigits(size % 60)}`
}

const monthDays = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
const fractionAt = '0000-00-00T00:00:00'.length
const zoneLength = '+00:00'.length

/**
 * Parses RFC 3339 with up to nine digits of fraction; undefined when the text is not a valid instant. Read by position,
 * without a regular expression, because every node of a tree has three of these.
 */
export function parseTimestamp(text: string): Timestamp | undefined {
  const days = parseDate(text)
  const secondsOfDay = parseTimeOfDay(text)
  const zoneAt = fractionEnd(text)
  const fraction = zoneAt < 0 ? -1 : parseFraction(text, zoneAt)
  const offsetMinutes = zoneAt < 0 ? Number.NaN : parseZone(text, zoneAt)
  if (Number.isNaN(days) || secondsOfDay < 0 || fraction < 0 || Number.isNaN(offsetMinutes)) return undefined
  const seconds = days * 86400 + secondsOfDay - offsetMinutes * 60
  return { ns: BigInt(seconds) * nanosecondsPerSecond + BigInt(fraction), offsetMinutes }
}

/** days since 1970, or NaN */
function parseDate(text: string): number {
  const high = twoDigitsAt(text, 0)
  const low = twoDigitsAt(text, 2)
  const month = twoDigitsAt(text, 5)
  const day = twoDigitsAt(text, 8)
  if (high < 0 || low < 0 || month < 1 || month > 12 || day < 1) return Number.NaN
  if (text[4] !== '-' || text[7] !== '-' || text[10] !== 'T') return Number.NaN
  const year = high * 100 + low
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  const daysOfMonth = month === 2 && isLeap ? 29 : (monthDays[month - 1] ?? 0)
  return day > daysOfMonth ? Number.NaN : daysSince1970(year, month, day)
}

/** Of the proleptic Gregorian calendar. Years are counted from March, so that the leap day comes last. */
function daysSince1970(year: number, month: number, day: number): number {
  const marchYear = month > 2 ? year : year - 1
  const dayOfMarchYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1
  const leapDays = Math.floor(marchYear / 4) - Math.floor(marchYear / 100) + Math.floor(marchYear / 400)
  return marchYear * 365 + leapDays + dayOfMarchYear - 719_468
}

/** seconds, or −1 */
function parseTimeOfDay(text: string): number {
  const hour = twoDigitsAt(text, 11)
  const minute = twoDigitsAt(text, 14)
  const second = twoDigitsAt(text, 17)
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) return -1
  return text[13] === ':' && text[16] === ':' ? hour * 3600 + minute * 60 + second : -1
}

/** where the zone begins, or −1 */
function fractionEnd(text: string): number {
  const end = text.endsWith('Z') ? text.length - 1 : text.length - zoneLength
  return end < fractionAt || end === fractionAt + 1 || end > fractionAt + 10 ? -1 : end
}

/** nanoseconds, or −1 */
function parseFraction(text: string, end: number): number {
  if (end === fractionAt) return 0
  if (text[fractionAt] !== '.') return -1
  let value = 0
  for (let at = fractionAt + 1; at <= fractionAt + 9; at++) {
    const digit = at < end ? text.charCodeAt(at) - 0x30 : 0
    if (digit < 0 || digit > 9) return -1
    value = value * 10 + digit
  }
  return value
}

/** minutes east of Greenwich, or NaN */
function parseZone(text: string, at: number): number {
  if (text[at] === 'Z') return 0
  const hours = twoDigitsAt(text, at + 1)
  const minutes = twoDigitsAt(text, at + 4)
  if (text[at + 3] !== ':' || hours < 0 || hours > 24 || minutes < 0 || minutes > 59) return Number.NaN
  const size = hours * 60 + minutes
  if (text[at] === '+') return size
  return text[at] === '-' ? 0 - size : Number.NaN
}

/** 0..99, or −1 */
function twoDigitsAt(text: string, at: number): number {
  const tens = text.charCodeAt(at) - 0x30
  const ones = text.charCodeAt(at + 1) - 0x30
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : -1
}
