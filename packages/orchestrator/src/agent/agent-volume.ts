import type { MarkStore } from '../catalogue/catalogue.ts'
import { parseMarkFields } from '../catalogue/mark-fields.ts'

/** What an agent has stored through the gateway lately, into all repositories. */
export interface AgentVolume {
  /** bytes by day (UTC), "2026-11-21"; only days on which there was something */
  readonly days: ReadonlyMap<string, number>
  /** when more was refused last */
  readonly refusedAt?: Date
}

/** More than a month, so that what is stored monthly is among it. */
const daysKept = 33
const dayMs = 86_400_000
const noteRefusalEveryMs = 60_000

/** The mark that holds it. */
export function volumeMark(agent: string): string {
  return `gateway-volume/${agent}`
}

export function parseVolume(text: string | undefined): AgentVolume {
  const fields = parseMarkFields(text)
  const [days, refusedAt] = [fields?.value('days'), fields?.date('refusedAt')]
  const entries = typeof days === 'object' && days !== null ? Object.entries(days) : []
  const known = entries.filter((entry): entry is [string, number] => typeof entry[1] === 'number')
  return { days: new Map(known), ...(refusedAt !== undefined && { refusedAt }) }
}

/** "2026-11-21", so many days before now, in UTC: servers of several zones count alike. */
export function dayBefore(now: Date, days: number): string {
  return new Date(now.getTime() - days * dayMs).toISOString().slice(0, 10)
}

export interface VolumeChange {
  /** below 0: they were not stored after all */
  readonly bytes: number
  /** for a day; undefined: as much as there is room */
  readonly limitBytes?: number | undefined
}

/**
 * Counts what is about to be stored, for all servers alike; false, and noted, when it would be more than the limit of the
 * day.
 */
export async function countVolume(
  marks: Pick<MarkStore, 'get' | 'compareAndSet'>,
  agent: string,
  { bytes, limitBytes = Infinity }: VolumeChange,
  now: Date,
): Promise<boolean> {
  const [today, earliest] = [dayBefore(now, 0), dayBefore(now, daysKept)]
  for (;;) {
    const text = await marks.get(volumeMark(agent))
    const { days, refusedAt } = parseVolume(text)
    const sum = Math.max(0, (days.get(today) ?? 0) + bytes)
    const isTooMuch = bytes > 0 && sum > limitBytes
    if (isTooMuch && now.getTime() - (refusedAt?.getTime() ?? 0) < noteRefusalEveryMs) return false
    const kept = [...days].filter(([day]) => day > earliest && day !== today)
    const counted = isTooMuch ? (days.get(today) ?? 0) : sum
    const next = {
      days: Object.fromEntries([...kept, [today, counted]]),
      refusedAt: isTooMuch ? now : refusedAt,
    }
    if (await marks.compareAndSet(volumeMark(agent), text, JSON.stringify(next))) return !isTooMuch
  }
}
