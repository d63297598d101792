import { compareWithUsual } from '../history.ts'
import { median } from '../statistics.ts'
import { percent } from '../wording.ts'
import { quotients, type SignalDetector } from './signal.ts'

/** Less new data says nothing about all of it: one picture would be enough. */
const leastAddedBytes = 4 * 1024 ** 2
/** Of encrypted data nothing is saved by compression. */
const incompressiblePart = 0.95
/** What is usually as hard to compress (pictures, archives) shows nothing. */
const usuallyAtMostPart = 0.85

/** New data that used to be compressible no longer is: what encryption by ransomware looks like. */
export const detectEntropy: SignalDetector = (source, history) => {
  const all = quotients(history, source, {
    numerator: 'backup-bytes-stored',
    denominator: 'backup-bytes-added',
    least: leastAddedBytes,
  })
  const comparison = compareWithUsual(all)
  // The newest backup may have added nothing; what an older one showed is then still what was seen of it.
  const newestBackupMs = history.series('backup-bytes-added', `source/${source.name}`).atMs.at(-1)
  if (comparison === undefined || newestBackupMs !== comparison.at.getTime()) return undefined
  const { newest, usual, at, previous } = comparison
  const usualPart = median(usual)
  if (newest < incompressiblePart || usualPart > usuallyAtMostPart) return undefined
  return {
    about: 'entropy',
    title: `new data of ${source.name} can no longer be compressed`,
    explanation: `It takes ${percent(newest)} of its size, usually ${percent(usualPart)} (median of ${usual.length} backups): as data does that was encrypted.`,
    figures: { storedPart: newest, usualPart },
    at,
    lastCleanAt: previous.at,
  }
}
