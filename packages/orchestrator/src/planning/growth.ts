import type { Series } from '../finding/history.ts'
import { robustSlope } from '../finding/statistics.ts'

const dayMs = 86_400_000
/** A shorter past says nothing about months. */
const leastSpanDays = 7
const mostDays = 60

/**
 * How many bytes a repository grows by in a day, from the last size of each of the last sixty days it was measured on;
 * undefined while the past is too short.
 * @param series of one repository
 */
export function growthPerDay({ atMs, values }: Series): number | undefined {
  const perDay = new Map(values.map((value, index) => [Math.floor((atMs[index] ?? 0) / dayMs), value]))
  const points = [...perDay].map(([x, y]) => ({ x, y })).slice(-mostDays)
  const span = (points.at(-1)?.x ?? 0) - (points[0]?.x ?? 0)
  return span < leastSpanDays ? undefined : robustSlope(points)
}

/** When a repository of this capacity is full at this pace; undefined: not within a hundred years. */
export function fullAt(
  size: { readonly bytes: number; readonly capacityBytes: number; readonly bytesPerDay: number },
  now: Date,
): Date | undefined {
  const { bytes, capacityBytes, bytesPerDay } = size
  if (bytes >= capacityBytes) return now
  const days = (capacityBytes - bytes) / bytesPerDay
  return bytesPerDay > 0 && days < 36_525 ? new Date(now.getTime() + days * dayMs) : undefined
}
