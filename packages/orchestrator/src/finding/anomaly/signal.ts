import type { SourceSettings } from '@holdfast/core/config/effective-config'
import type { Sample } from '../../catalogue/catalogue.ts'
import type { History, HistoricFigure } from '../history.ts'

/** A sign that the newest backup is not a state that one would want back. */
export interface Signal {
  /** stable: "churn", "entropy", "deduplication", "rows" */
  readonly about: string
  /** "64 % of the files of shop changed since the backup before" */
  readonly title: string
  /** what it was compared with, and what is usual */
  readonly explanation: string
  readonly figures: Readonly<Record<string, number>>
  /** when the backup that shows it, and the last one that does not, were made */
  readonly at: Date
  readonly lastCleanAt: Date
}

/** Looks for one kind of sign. Pure. */
export type SignalDetector = (
  source: SourceSettings,
  history: History,
  marks: ReadonlyMap<string, string>,
) => Signal | undefined

/**
 * Quotient of two figures of the same backups, oldest first; backups of which one is unknown, or whose denominator is
 * less than `least`, are left out.
 */
export function quotients(
  history: History,
  source: SourceSettings,
  { numerator, denominator, least }: { numerator: HistoricFigure; denominator: HistoricFigure; least: number },
): Pick<Sample, 'at' | 'value'>[] {
  const subject = `source/${source.name}`
  const above = new Map(history.series(numerator, subject).map(({ at, value }) => [at.getTime(), value]))
  return history.series(denominator, subject).flatMap(({ at, value }) => {
    const top = above.get(at.getTime())
    return top === undefined || value < least || value === 0 ? [] : [{ at, value: top / value }]
  })
}
