import { formatDurationMs } from '@holdfast/core/units/duration'

/** "43 %" */
export function percent(part: number): string {
  return `${Math.round(part * 100)} %`
}

/** "2026-11-21 02:00 UTC" */
export function utcMinute(at: Date): string {
  return `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`
}

/** "9h 04m ago", "in 3m 00s" */
export function agoText(at: Date, now: Date): string {
  const ageMs = now.getTime() - at.getTime()
  return ageMs < 0 ? `in ${formatDurationMs(-ageMs)}` : `${formatDurationMs(ageMs)} ago`
}
