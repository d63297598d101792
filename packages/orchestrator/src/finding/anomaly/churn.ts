import { percent } from '../wording.ts'
import type { SignalDetector } from './signal.ts'
import { findUnusualPart } from './unusual-part.ts'

/**
 * Far more files than usual were changed between two backups, as when all of them are encrypted or touched. Where half of
 * the files change every day, one day is like the other.
 */
export const detectChurn: SignalDetector = (source, history) => {
  const changed = history.series('backup-files-changed-part', `source/${source.name}`)
  const part = findUnusualPart(changed, source.anomaly.churn)
  if (part === undefined) return undefined
  const { newest, usual, usualCount, at, lastCleanAt } = part
  return {
    about: 'churn',
    title: `${percent(newest)} of the files of ${source.name} changed since the backup before`,
    explanation: `Usually ${percent(usual)} do (median of ${usualCount} backups).`,
    figures: { changedPart: newest, usualPart: usual },
    at,
    lastCleanAt,
  }
}
