import { compareWithUsual } from '../history.ts'
import { median, spread } from '../statistics.ts'
import { percent } from '../wording.ts'
import type { SignalDetector } from './signal.ts'

/** Where half of the files change every day, one day is like the other. */
const usualTimes = 3
const usualSpreads = 4

/** Far more files than usual were changed between two backups, as when all of them are encrypted or touched. */
export const detectChurn: SignalDetector = (source, history) => {
  const comparison = compareWithUsual(history.series('backup-files-changed-part', `source/${source.name}`))
  if (comparison === undefined) return undefined
  const { newest, usual, at, previous } = comparison
  const usualPart = median(usual)
  const limit = Math.max(source.anomaly.churn, usualTimes * usualPart, usualPart + usualSpreads * spread(usual))
  // A part cannot be more than all of it: where nearly all of it is usual, nothing is unusual.
  if (newest < limit) return undefined
  return {
    about: 'churn',
    title: `${percent(newest)} of the files of ${source.name} changed since the backup before`,
    explanation: `Usually ${percent(usualPart)} do (median of ${usual.length} backups).`,
    figures: { changedPart: newest, usualPart },
    at,
    lastCleanAt: previous.at,
  }
}
