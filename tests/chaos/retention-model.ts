import type { KeepSettings } from '@holdfast/core/config/effective-config'

const dayMs = 86_400_000

export interface ModelSnapshot {
  readonly id: string
  readonly timeMs: number
  readonly isProven: boolean
}

const periods = {
  last: (timeMs: number) => String(timeMs),
  hourly: (timeMs: number) => String(Math.floor(timeMs / 3_600_000)),
  daily: (timeMs: number) => String(Math.floor(timeMs / dayMs)),
  // 1970 began on a Thursday
  weekly: (timeMs: number) => String(Math.floor((timeMs / dayMs + 3) / 7)),
  monthly: (timeMs: number) => new Date(timeMs).toISOString().slice(0, 7),
} as const

/** What is to be kept, thought anew: ids. Calendars are those of UTC. */
export function modelKept(snapshots: readonly ModelSnapshot[], keep: KeepSettings, isProving: boolean): Set<string> {
  const newestFirst = snapshots.toSorted((a, b) => b.timeMs - a.timeMs)
  const proven = newestFirst.findIndex(({ isProven }) => isProven)
  const older = proven === -1 || !isProving ? [] : newestFirst.slice(proven)
  const newestProven = proven === -1 ? [] : newestFirst.slice(proven, proven + 1).map(({ id }) => id)
  return new Set([...keptByCounts(newestFirst, keep), ...keptByCounts(older, keep), ...newestProven])
}

function keptByCounts(newestFirst: readonly ModelSnapshot[], keep: KeepSettings): string[] {
  return Object.entries(periods).flatMap(([name, periodOf]) => {
    const count = keep[name as keyof typeof periods] ?? 0
    const firsts = newestFirst.filter(({ timeMs }, index) => {
      const before = newestFirst[index - 1]
      return before === undefined || periodOf(before.timeMs) !== periodOf(timeMs)
    })
    const oldest = newestFirst.slice(-1)
    return [...firsts.slice(0, count), ...(firsts.length < count ? oldest : [])].map(({ id }) => id)
  })
}
