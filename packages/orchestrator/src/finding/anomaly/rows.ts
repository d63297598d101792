import { compareWithUsual } from '../history.ts'
import { percent } from '../wording.ts'
import type { SignalDetector } from './signal.ts'

/** Of a handful of rows, half are soon gone. */
const leastRowsGone = 100

/** The database has far fewer rows than at the backup before: deleted, truncated, or the wrong database. */
export const detectRows: SignalDetector = (source, history) => {
  // Rows are exact, so the backup before is enough to compare with.
  const comparison = compareWithUsual(history.series('backup-rows', `source/${source.name}`), 1)
  if (comparison === undefined) return undefined
  const { newest, previous, at } = comparison
  const gone = previous.value - newest
  if (gone < leastRowsGone || gone < previous.value * source.anomaly.rowsDropBy) return undefined
  return {
    about: 'rows',
    title: `${percent(gone / previous.value)} of the rows of ${source.name} are gone`,
    explanation: `${grouped(previous.value)} rows in the backup before, ${grouped(newest)} now.`,
    figures: { rows: newest, rowsBefore: previous.value },
    at,
    lastCleanAt: previous.at,
  }
}

/** "1 234 567" */
function grouped(count: number): string {
  return String(Math.round(count)).replace(/\B(?=(?:\d{3})+$)/g, ' ')
}
