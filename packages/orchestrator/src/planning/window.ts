import type { WindowSettings } from '@holdfast/core/config/effective-config'
import type { WallClock } from './wall-clock.ts'

const minuteMs = 60_000
const dayMs = 86_400_000
/** A week and a day: every window that opens at all opens within it. */
const daysAhead = 8
const mostDelays = 400

/** One opening of a window, instants in ms; it is open from `startMs` until before `endMs`. */
interface Opening {
  readonly startMs: number
  readonly endMs: number
}

/**
 * The first instant from `atMs` on that no window covers. Windows that leave no moment free within a year cover
 * nothing: what a backup is kept from for ever would be the backup itself.
 */
export function afterWindows(windows: readonly WindowSettings[], atMs: number, wall: WallClock): number {
  let freeMs = atMs
  for (let delays = 0; delays < mostDelays; delays++) {
    const ends = windows.flatMap((window) => openingAt(window, freeMs, wall)?.endMs ?? [])
    if (ends.length === 0) return freeMs
    freeMs = Math.max(...ends)
  }
  return atMs
}

/** The first opening that is not over at `atMs`: the one that is open then, or the next. */
export function nextOpening(window: WindowSettings, atMs: number, wall: WallClock): Opening | undefined {
  return openingsAround(window, atMs, wall, daysAhead).find((opening) => atMs < opening.endMs)
}

/** Whether a window is open at an instant. */
export function isWithin(window: WindowSettings, atMs: number, wall: WallClock): boolean {
  return openingAt(window, atMs, wall) !== undefined
}

function openingAt(window: WindowSettings, atMs: number, wall: WallClock): Opening | undefined {
  return openingsAround(window, atMs, wall, 1).find(({ startMs, endMs }) => startMs <= atMs && atMs < endMs)
}

/** Those that begin on the day before the instant's, on that day and on some after it, by the window's calendar. */
function openingsAround(window: WindowSettings, atMs: number, wall: WallClock, days: number): Opening[] {
  const { startMinute, endMinute, timeZone } = window
  const todayMs = Math.floor(wall.wallMs(timeZone, atMs) / dayMs) * dayMs
  const lengthMinutes = endMinute > startMinute ? endMinute - startMinute : endMinute + 24 * 60 - startMinute
  const openings: Opening[] = []
  for (let day = -1; day <= days; day++) {
    const startWallMs = todayMs + day * dayMs + startMinute * minuteMs
    if (window.days?.includes(new Date(startWallMs).getUTCDay()) === false) continue
    const startMs = wall.instantMs(timeZone, startWallMs)
    const endMs = wall.instantMs(timeZone, startWallMs + lengthMinutes * minuteMs)
    if (endMs > startMs) openings.push({ startMs, endMs })
  }
  return openings
}
