/** A backup may take its time, and a queue be long, before it is called late. */
const leastGraceMs = 15 * 60_000
const mostGraceMs = 6 * 3_600_000
/** of the time between two backups */
const gracePart = 0.2

/** How much later than planned a backup may be before somebody is told. */
export function lateGraceMs(periodMs: number): number {
  return Math.min(mostGraceMs, Math.max(leastGraceMs, periodMs * gracePart))
}
