import type { Schedule } from './schedule.ts'

/**
 * What the catalogue remembers of schedules. `fired`: marks `fired/<id>`, the nominal instant of the last fire that was
 * enqueued. `adopted`: the mark `schedules`, when which line was first acted upon: { "<id>": [cron, zone, ISO] }, so
 * that a line that was changed counts from then on only.
 */
export interface ScheduleMemory {
  readonly fired: ReadonlyMap<string, string>
  readonly adopted: AdoptedLines
  /** source → its newest snapshot, ms; of those that have any */
  readonly backedUpMs: ReadonlyMap<string, number>
}

export type AdoptedLines = ReadonlyMap<string, AdoptedLine>

export interface AdoptedLine {
  readonly cron: string
  readonly timeZone: string
  readonly sinceMs: number
}

export const adoptedMark = 'schedules'
export const firedPrefix = 'fired/'

/** From where the fires of a schedule are counted; `first`: its source was never backed up, so it is due at once. */
export type Base = { readonly kind: 'first' } | { readonly kind: 'after'; readonly afterMs: number }

/** A fire that was noted in the future (a clock was wrong) must not silence the schedule until then. */
export function baseOf(schedule: Schedule, memory: ScheduleMemory, nowMs: number): Base {
  const fired = memory.fired.get(`${firedPrefix}${schedule.id}`)
  const firedMs = fired === undefined ? Number.NaN : Date.parse(fired)
  const sinceMs = memory.adopted.get(schedule.id)?.sinceMs
  if (!Number.isNaN(firedMs)) return after(Math.max(firedMs, sinceMs ?? firedMs), nowMs)
  if (schedule.operation !== 'backup') return after(sinceMs ?? nowMs, nowMs)
  const backedUpMs = memory.backedUpMs.get(schedule.source?.name ?? '')
  // The marks were lost, with the catalogue: what the repositories hold says when there was a backup.
  return backedUpMs === undefined ? { kind: 'first' } : after(backedUpMs, nowMs)
}

/** The schedule with the line that was acted upon so far, when that is another than the configuration's. */
export function formerLine(schedule: Schedule, adopted: AdoptedLines): Schedule | undefined {
  const line = adopted.get(schedule.id)
  const { cron, timeZone } = schedule.settings
  if (line === undefined || (line.cron === cron && line.timeZone === timeZone)) return undefined
  return { ...schedule, settings: { ...schedule.settings, cron: line.cron, timeZone: line.timeZone } }
}

export function writeAdopted(lines: AdoptedLines): string {
  const entries = [...lines].map(([id, { cron, timeZone, sinceMs }]) => [
    id,
    [cron, timeZone, new Date(sinceMs).toISOString()],
  ])
  return JSON.stringify(Object.fromEntries(entries))
}

/** What cannot be read counts as never adopted. */
export function readAdopted(mark: string | undefined): AdoptedLines {
  const lines = new Map<string, AdoptedLine>()
  for (const [id, line] of Object.entries(parseObject(mark))) {
    if (!Array.isArray(line)) continue
    const [cron, timeZone, since]: unknown[] = line
    if (typeof cron !== 'string' || typeof timeZone !== 'string' || typeof since !== 'string') continue
    lines.set(id, { cron, timeZone, sinceMs: Date.parse(since) })
  }
  return lines
}

function parseObject(text: string | undefined): object {
  try {
    const value: unknown = JSON.parse(text ?? '{}')
    return typeof value === 'object' && value !== null ? value : {}
  } catch {
    return {}
  }
}

function after(afterMs: number, nowMs: number): Base {
  return { kind: 'after', afterMs: Math.min(afterMs, nowMs) }
}
