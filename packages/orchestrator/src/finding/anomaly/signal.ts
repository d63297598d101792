import type { SourceSettings } from '@holdfast/core/config/effective-config'
import { type History, type HistoricFigure, mostCompared, type Series } from '../history.ts'

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
 * Quotient of two figures of the same backups, oldest first, as many as are compared; backups of which one is unknown, or
 * whose denominator is less than `least`, are left out.
 */
export function quotients(
  history: History,
  source: SourceSettings,
  { numerator, denominator, least }: { numerator: HistoricFigure; denominator: HistoricFigure; least: number },
): Series {
  const subject = `source/${source.name}`
  const above = history.series(numerator, subject)
  const below = history.series(denominator, subject)
  const atMs: number[] = []
  const values: number[] = []
  let top = above.values.length - 1
  for (let position = below.values.length - 1; position >= 0 && values.length < mostCompared; position--) {
    const [instantMs = 0, value = 0] = [below.atMs[position], below.values[position]]
    while ((above.atMs[top] ?? Number.NEGATIVE_INFINITY) > instantMs) top--
    const numeratorValue = above.atMs[top] === instantMs ? above.values[top] : undefined
    if (numeratorValue === undefined || value < least || value === 0) continue
    atMs.push(instantMs)
    values.push(numeratorValue / value)
  }
  return { atMs: atMs.reverse(), values: values.reverse() }
}
