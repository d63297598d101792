import { hash } from 'node:crypto'
import type { CronClock } from './cron-clock.ts'
import type { Schedule } from './schedule.ts'
import { afterWindows, nextOpening } from './window.ts'

/** One fire of a schedule, instants in ms. */
export interface Fire {
  /** what the cron line says: names the fire */
  readonly nominalMs: number
  /** when it is due, with jitter and windows: not before `nominalMs` */
  readonly atMs: number
  /** end of the window it has to begin in */
  readonly untilMs?: number
}

type Timing = Pick<Schedule, 'id' | 'settings' | 'blackouts' | 'window'>

const hourMs = 3_600_000
const dayMs = 86_400_000
/** How far back to look for the newest fire that is due, one after the other until there is one. */
const lookBacksMs = [2 * hourMs, 2 * dayMs, 40 * dayMs, 400 * dayMs]

/** The first fire whose nominal instant is after `afterMs`; undefined: it never fires again. */
export function nextFire(timing: Timing, afterMs: number, clock: CronClock): Fire | undefined {
  const nominalMs = clock.next(timing.settings, afterMs)
  return nominalMs === undefined ? undefined : fireOf(timing, nominalMs, clock)
}

/**
 * The newest fire after `afterMs` that is due at `nowMs`. Those before it that were due too are made up for by it:
 * after a pause of any length each schedule fires once.
 */
export function newestDueFire(timing: Timing, afterMs: number, nowMs: number, clock: CronClock): Fire | undefined {
  const first = nextFire(timing, afterMs, clock)
  if (first === undefined || first.atMs > nowMs) return undefined
  for (const lookBackMs of lookBacksMs) {
    if (nowMs - lookBackMs <= afterMs) break
    const due = lastDue(timing, nowMs - lookBackMs, nowMs, clock)
    if (due !== undefined) return due
  }
  return lastDue(timing, afterMs, nowMs, clock)
}

/** Later fires are never due sooner than earlier ones, so the first that is not due ends the search. */
function lastDue(timing: Timing, afterMs: number, nowMs: number, clock: CronClock): Fire | undefined {
  let due: Fire | undefined
  let fire = nextFire(timing, afterMs, clock)
  while (fire !== undefined && fire.atMs <= nowMs) {
    due = fire
    fire = nextFire(timing, fire.nominalMs, clock)
  }
  return due
}

function fireOf(timing: Timing, nominalMs: number, clock: CronClock): Fire {
  return { nominalMs, ...firstAllowed(timing, nominalMs + jitterOf(timing), clock) }
}

/** The first instant from `fromMs` on that is in no blackout and inside the window. */
export function firstAllowed(timing: Timing, fromMs: number, clock: CronClock): Omit<Fire, 'nominalMs'> {
  const freeMs = afterWindows(timing.blackouts, fromMs, clock.wall)
  const opening = timing.window && nextOpening(timing.window, freeMs, clock.wall)
  if (opening === undefined) return { atMs: freeMs }
  return { atMs: Math.max(freeMs, opening.startMs), untilMs: opening.endMs }
}

/** The same part of the jitter for the same schedule, for ever and in every process; whole seconds. */
function jitterOf({ id, settings }: Timing): number {
  if (settings.jitterMs === 0) return 0
  const part = Number.parseInt(hash('sha256', id, 'hex').slice(0, 8), 16) / 2 ** 32
  return Math.floor((part * settings.jitterMs) / 1000) * 1000
}
