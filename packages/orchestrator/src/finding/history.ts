import type { Sample } from '../catalogue/catalogue.ts'

/** Figures that are judged against their own past, as the operations record them (subject: "source/shop"). */
export const historicFigures = [
  'backup-bytes-read',
  'backup-bytes-added',
  'backup-bytes-stored',
  'backup-duration-ms',
  'backup-files-changed-part',
  'backup-rows',
  'repository-bytes',
] as const
export type HistoricFigure = (typeof historicFigures)[number]

/** The samples of a figure and subject, oldest first; empty when there are none. */
export interface History {
  series(figure: HistoricFigure, subject: string): readonly Sample[]
}

export function historyOf(samples: Iterable<Sample>): History {
  const bySeries = new Map<string, Sample[]>()
  for (const sample of samples) {
    const key = `${sample.figure} ${sample.subject}`
    const known = bySeries.get(key)
    if (known === undefined) bySeries.set(key, [sample])
    else known.push(sample)
  }
  for (const series of bySeries.values()) series.sort((a, b) => a.at.getTime() - b.at.getTime())
  return { series: (figure, subject) => bySeries.get(`${figure} ${subject}`) ?? [] }
}

/** How many before the newest are what is usual. */
const usualCount = 10
/** Fewer say nothing about what is usual. */
const fewestUsual = 5

export interface Comparison {
  readonly newest: number
  readonly at: Date
  /** of those before it, the older first */
  readonly usual: readonly number[]
  readonly previous: { readonly value: number; readonly at: Date }
}

/** The newest of a series and what was usual before it; undefined while too little is known. */
export function compareWithUsual(
  series: readonly Pick<Sample, 'at' | 'value'>[],
  fewest = fewestUsual,
): Comparison | undefined {
  const newest = series.at(-1)
  const previous = series.at(-2)
  const usual = series.slice(-1 - usualCount, -1).map(({ value }) => value)
  if (newest === undefined || previous === undefined || usual.length < fewest) return undefined
  return { newest: newest.value, at: newest.at, usual, previous }
}
