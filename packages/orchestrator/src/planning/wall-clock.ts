const dayMs = 86_400_000
const secondMs = 1000

/**
 * Reads the clock on the wall of time zones. Wall times are milliseconds as `Date.UTC` gives them for what the wall
 * shows, so that days and minutes are plain arithmetic; instants are milliseconds since 1970 as everywhere.
 */
export interface WallClock {
  /** how far the wall is ahead of UTC at an instant, in ms */
  offsetMs(timeZone: string, instantMs: number): number
  wallMs(timeZone: string, instantMs: number): number
  /**
   * When the wall shows this: the first time where it does so twice, and where it never does (the clock was put
   * forward over it) the moment the clock was put forward.
   */
  instantMs(timeZone: string, wallMs: number): number
  /** The first instant after `fromMs`, not after `toMs`, at which the clock is put; undefined when it is not. */
  changeMs(timeZone: string, fromMs: number, toMs: number): number | undefined
}

/** What is known of a zone: offsets at the beginnings of days, so that only days with a change are looked at closely. */
interface KnownZone {
  readonly format: Intl.DateTimeFormat
  readonly offsets: Map<number, number>
}

const mostDays = 5000

export function createWallClock(): WallClock {
  const zones = new Map<string, KnownZone>()
  const offsetMs = (timeZone: string, instantMs: number) => {
    if (timeZone === 'UTC') return 0
    let zone = zones.get(timeZone)
    if (zone === undefined) zones.set(timeZone, (zone = { format: formatOf(timeZone), offsets: new Map() }))
    const day = Math.floor(instantMs / dayMs)
    const offset = offsetOfDay(zone, day)
    // No zone puts its clock twice within a day.
    return offset === offsetOfDay(zone, day + 1) ? offset : readOffset(zone.format, instantMs)
  }
  const changeMs = (timeZone: string, fromMs: number, toMs: number) => {
    const before = offsetMs(timeZone, fromMs)
    if (offsetMs(timeZone, toMs) === before) return undefined
    let low = Math.floor(fromMs / secondMs)
    let high = Math.ceil(toMs / secondMs)
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2)
      if (offsetMs(timeZone, middle * secondMs) === before) low = middle
      else high = middle
    }
    return high * secondMs
  }
  return {
    offsetMs,
    wallMs: (timeZone, instantMs) => instantMs + offsetMs(timeZone, instantMs),
    instantMs: (timeZone, wallMs) => {
      // No zone puts its clock twice within three days, and none is more than a day from UTC.
      const before = offsetMs(timeZone, wallMs - 1.5 * dayMs)
      const after = offsetMs(timeZone, wallMs + 1.5 * dayMs)
      const [first, second] = [wallMs - before, wallMs - after]
      if (before === after || offsetMs(timeZone, first) === before) return first
      if (offsetMs(timeZone, second) === after) return second
      return changeMs(timeZone, second, first) ?? first
    },
    changeMs,
  }
}

function offsetOfDay({ format, offsets }: KnownZone, day: number): number {
  let offset = offsets.get(day)
  if (offset === undefined) {
    if (offsets.size >= mostDays) offsets.clear()
    offsets.set(day, (offset = readOffset(format, day * dayMs)))
  }
  return offset
}

function readOffset(format: Intl.DateTimeFormat, instantMs: number): number {
  const wholeMs = Math.floor(instantMs / secondMs) * secondMs
  return readWallMs(format, wholeMs) - wholeMs
}

function formatOf(timeZone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })
}

/** "11/14/2023, 23:13:20" is what this locale writes for all years from 1 on. */
function readWallMs(format: Intl.DateTimeFormat, instantMs: number): number {
  const [month = 1, day = 1, year = 1970, hour = 0, minute = 0, second = 0] = format
    .format(instantMs)
    .split(/\D+/)
    .map(Number)
  return Date.UTC(year, month - 1, day, hour, minute, second)
}
