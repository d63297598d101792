const nanosecondsPerSecond = 1_000_000_000n
const maxYear = 9999
const firstLocalSecond = Date.UTC(-1, 11, 31) / 1000 + 86400
const lastLocalSecond = Date.UTC(maxYear + 1, 0) / 1000 - 1

/** An instant as a snapshot or node states it. */
export interface Timestamp {
  /** nanoseconds since 1970-01-01T00:00:00Z */
  readonly ns: bigint
  /** of the zone it was written in, east of Greenwich */
  readonly offsetMinutes: number
}

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

const rfc3339 = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:Z|([+-])(\d\d):(\d\d))$/

/** Parses RFC 3339; undefined when the text is not a valid instant. */
export function parseTimestamp(text: string): Timestamp | undefined {
  const match = rfc3339.exec(text)
  if (match === null) return undefined
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number)
  if (year === undefined || month === undefined || day === undefined) return undefined
  if (hour === undefined || minute === undefined || second === undefined) return undefined
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined
  if (hour > 23 || minute > 59 || second > 59) return undefined
  const zoneHours = Number(match[9] ?? 0)
  const zoneMinutes = Number(match[10] ?? 0)
  if (zoneHours > 24 || zoneMinutes > 59) return undefined
  const offsetMinutes = (match[8] === '-' ? -1 : 1) * (zoneHours * 60 + zoneMinutes)
  const seconds = date.getTime() / 1000 + hour * 3600 + (minute - offsetMinutes) * 60 + second
  const fraction = Number((match[7] ?? '').padEnd(9, '0'))
  return { ns: BigInt(seconds) * nanosecondsPerSecond + BigInt(fraction), offsetMinutes: offsetMinutes + 0 }
}
