import { Cron } from 'croner'
import { createWallClock, type WallClock } from './wall-clock.ts'

/** When a cron line fires, by the clock on the wall of its zone. */
export interface CronTime {
  readonly cron: string
  /** IANA name */
  readonly timeZone: string
}

/**
 * Computes fires of cron lines; pure but for what it remembers, since many sources share the line of their tier.
 *
 * Where the clock is put forward, fires of the hour that is left out happen once, at the first moment after it. Where
 * it is put back, a line that names its hours (`30 2 * * *`, `0 *\/6 * * *`) fires the first time only; one for every
 * hour (`*\/15 * * * *`) goes on without a pause, since an hour without it would be one.
 */
export interface CronClock {
  readonly wall: WallClock
  /** the first fire after an instant; undefined: never again */
  next(time: CronTime, afterMs: number): number | undefined
}

const dayMs = 86_400_000
const mostRemembered = 20_000

export function createCronClock(): CronClock {
  const wall = createWallClock()
  const lines = new Map<string, Cron>()
  const remembered = new Map<string, number | undefined>()
  const nextWall = (cron: string, afterMs: number) => {
    let line = lines.get(cron)
    // The wall's time is given as if it was UTC: croner knows the calendar, this file knows when clocks are put.
    if (line === undefined) lines.set(cron, (line = new Cron(cron, { utcOffset: 0 })))
    return line.nextRun(new Date(afterMs))?.getTime()
  }
  const compute = (time: CronTime, afterMs: number) =>
    isEveryHour(time.cron) ? nextOfEveryHour(time, afterMs) : nextOfNamedHours(time, afterMs)

  const nextOfNamedHours = ({ cron, timeZone }: CronTime, afterMs: number) => {
    let wallMs = nextWall(cron, wall.wallMs(timeZone, afterMs))
    // While the wall shows an hour again, what comes next on it has fired already.
    while (wallMs !== undefined) {
      const instantMs = wall.instantMs(timeZone, wallMs)
      if (instantMs > afterMs) return instantMs
      wallMs = nextWall(cron, wallMs)
    }
    return undefined
  }

  const nextOfEveryHour = ({ cron, timeZone }: CronTime, afterMs: number) => {
    const offsetMs = wall.offsetMs(timeZone, afterMs)
    const wallMs = nextWall(cron, afterMs + offsetMs)
    if (wallMs === undefined) return undefined
    const directMs = wallMs - offsetMs
    if (wall.offsetMs(timeZone, directMs) === offsetMs) return directMs
    const plainMs = wall.instantMs(timeZone, wallMs)
    const changeMs = wall.changeMs(timeZone, afterMs, Math.min(directMs, afterMs + dayMs))
    if (changeMs === undefined) return plainMs
    const laterOffsetMs = wall.offsetMs(timeZone, changeMs)
    const againMs = nextWall(cron, changeMs + laterOffsetMs - 1)
    return againMs === undefined ? plainMs : Math.min(plainMs, againMs - laterOffsetMs)
  }

  return {
    wall,
    next: (time, afterMs) => {
      const key = `${time.cron}|${time.timeZone}|${afterMs}`
      if (remembered.has(key)) return remembered.get(key)
      if (remembered.size >= mostRemembered) remembered.clear()
      const nextMs = compute(time, afterMs)
      remembered.set(key, nextMs)
      return nextMs
    },
  }
}

/** Lines have five fields, or seconds before them (six), or also a year after them (seven). */
function isEveryHour(cron: string): boolean {
  const fields = cron.trim().split(/\s+/)
  const hour = fields.length === 1 ? fields[0] : fields[fields.length === 5 ? 1 : 2]
  return hour === '*' || hour === '?' || hour === '*/1' || hour?.toLowerCase() === '@hourly'
}
