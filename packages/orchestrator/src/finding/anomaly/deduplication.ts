import { compareWithUsual } from '../history.ts'
import { median, spread } from '../statistics.ts'
import { percent } from '../wording.ts'
import { quotients, type SignalDetector } from './signal.ts'

/** Of less than this, any part may be new. */
const leastReadBytes = 4 * 1024 ** 2
const usualTimes = 3
const usualSpreads = 4

/** Nearly everything is new although the backups before it had most of it: the content was exchanged or encrypted. */
export const detectDeduplication: SignalDetector = (source, history) => {
  const comparison = compareWithUsual(
    quotients(history, source, {
      numerator: 'backup-bytes-added',
      denominator: 'backup-bytes-read',
      least: leastReadBytes,
    }),
  )
  if (comparison === undefined) return undefined
  const { newest, usual, at, previous } = comparison
  const usualPart = median(usual)
  const limit = Math.max(source.anomaly.churn, usualTimes * usualPart, usualPart + usualSpreads * spread(usual))
  if (newest < limit) return undefined
  return {
    about: 'deduplication',
    title: `${percent(newest)} of the data of ${source.name} is new`,
    explanation: `Usually ${percent(usualPart)} is (median of ${usual.length} backups); the rest was in the repository already.`,
    figures: { newPart: newest, usualPart },
    at,
    lastCleanAt: previous.at,
  }
}
