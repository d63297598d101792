const quarterMs = 900_000
const dayMs = 86_400_000

/** A schedule in plain words, so that its fires can be found without knowing anything of cron. */
export interface PlainLine {
  /** of the hour, whole quarters */
  readonly minute: number
  readonly hours: readonly number[]
  /** 0 is Sunday; every day when absent */
  readonly weekday?: number
  readonly timeZone: string
}

/**
 * The fires of a line by looking at the wall every quarter of an hour: each time of day is due at the first moment at
 * which the wall shows it or something later. Sorted, in ms.
 */
export function modelFires(line: PlainLine, fromMs: number, toMs: number): readonly number[] {
  const walls: { readonly atMs: number; readonly wallMs: number }[] = []
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone: line.timeZone, dateStyle: 'short', timeStyle: 'medium' })
  const tableFromMs = Math.floor(fromMs / dayMs - 3) * dayMs
  for (let atMs = tableFromMs; atMs <= toMs + 3 * dayMs; atMs += quarterMs) {
    walls.push({ atMs, wallMs: Date.parse(`${format.format(atMs).replace(' ', 'T')}Z`) })
  }
  const fires = new Set<number>()
  let position = 0
  for (let dayStartMs = Math.floor(fromMs / dayMs - 2) * dayMs; dayStartMs <= toMs + dayMs; dayStartMs += dayMs) {
    if (line.weekday !== undefined && new Date(dayStartMs).getUTCDay() !== line.weekday) continue
    for (const hour of line.hours) {
      const targetMs = dayStartMs + hour * 3_600_000 + line.minute * 60_000
      while (position < walls.length && (walls[position]?.wallMs ?? 0) < targetMs) position++
      const found = walls[position]
      if (found !== undefined) fires.add(found.atMs)
    }
  }
  return [...fires].filter((fire) => fire >= fromMs && fire < toMs)
}
