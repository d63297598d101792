import type { Sample, SampleStore } from '../catalogue/catalogue.ts'

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

/**
 * The samples of one figure of one subject, oldest first. Two lists of numbers, since a thousand sources have millions of
 * samples, which a server keeps between its looks.
 */
export interface Series {
  readonly atMs: readonly number[]
  /** as many */
  readonly values: readonly number[]
}

export interface History {
  /** empty when there are none */
  series(figure: HistoricFigure, subject: string): Series
}

/** so far back, and the newest of each only: capacity looks at days, of which there are some samples each */
const historyMs = 400 * 86_400_000
const newestLookedAt = 500

export const noSeries: Series = { atMs: [], values: [] }

/** @param samples oldest first */
export function seriesOf(samples: readonly Pick<Sample, 'at' | 'value'>[]): Series {
  return { atMs: samples.map(({ at }) => at.getTime()), values: samples.map(({ value }) => value) }
}

/** As far back as anybody looks, oldest first. */
export function readPast(
  samples: SampleStore,
  { figure, subject }: Pick<Sample, 'figure' | 'subject'>,
  now: Date,
): Promise<readonly Sample[]> {
  const since = new Date(now.getTime() - historyMs)
  return samples.list({ figure, subject, since, newest: newestLookedAt })
}

export function historyOf(samples: Iterable<Sample>): History {
  const oldestFirst = [...samples].sort((a, b) => a.at.getTime() - b.at.getTime())
  const groups = Map.groupBy(oldestFirst, seriesKey)
  return {
    series: (figure, subject) => seriesOf(groups.get(seriesKey({ figure, subject })) ?? []),
  }
}

export function seriesKey({ figure, subject }: Pick<Sample, 'figure' | 'subject'>): string {
  return `${figure} ${subject}`
}

/** How many before the newest are what is usual. */
const usualCount = 10
/** The newest, and those. */
export const mostCompared = 1 + usualCount
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
export function compareWithUsual({ atMs, values }: Series, fewest = fewestUsual): Comparison | undefined {
  const [previous, newest] = values.slice(-2)
  const [previousAtMs = 0, atOfNewestMs = 0] = atMs.slice(-2)
  const usual = values.slice(-mostCompared, -1)
  if (newest === undefined || previous === undefined || usual.length < fewest) return undefined
  return { newest, at: new Date(atOfNewestMs), usual, previous: { value: previous, at: new Date(previousAtMs) } }
}
