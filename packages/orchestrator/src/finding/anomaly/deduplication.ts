import { percent } from '../wording.ts'
import { quotients, type SignalDetector } from './signal.ts'
import { findUnusualPart } from './unusual-part.ts'

/** Of less than this, any part may be new. */
const leastReadBytes = 4 * 1024 ** 2

/** Nearly everything is new although the backups before it had most of it: the content was exchanged or encrypted. */
export const detectDeduplication: SignalDetector = (source, history) => {
  const added = quotients(history, source, {
    numerator: 'backup-bytes-added',
    denominator: 'backup-bytes-read',
    least: leastReadBytes,
  })
  const part = findUnusualPart(added, source.anomaly.churn)
  if (part === undefined) return undefined
  const { newest, usual, usualCount, at, lastCleanAt } = part
  return {
    about: 'deduplication',
    title: `${percent(newest)} of the data of ${source.name} is new`,
    explanation: `Usually ${percent(usual)} is (median of ${usualCount} backups); the rest was in the repository already.`,
    figures: { newPart: newest, usualPart: usual },
    at,
    lastCleanAt,
  }
}
