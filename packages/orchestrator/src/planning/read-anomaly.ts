import type { SourceSettings } from '@holdfast/core/config/effective-config'
import type { Catalogue } from '../catalogue/catalogue.ts'
import { detectChurn } from '../finding/anomaly/churn.ts'
import { detectDeduplication } from '../finding/anomaly/deduplication.ts'
import { detectEntropy } from '../finding/anomaly/entropy.ts'
import { detectRows } from '../finding/anomaly/rows.ts'
import { rowDropsKey } from '../finding/row-drops.ts'
import { historicFigures, historyOf, readPast } from '../finding/history.ts'

const signals = [detectChurn, detectEntropy, detectDeduplication, detectRows]

/**
 * Whether the newest backup of a source looks odd, by the figures in the catalogue. Retention asks for itself: it follows
 * the backup at once, maybe before anybody has looked for findings.
 */
export async function readAnomaly(
  source: SourceSettings,
  catalogue: Pick<Catalogue, 'samples' | 'marks'>,
  now: Date,
): Promise<boolean> {
  const subject = `source/${source.name}`
  const samples = await Promise.all(
    historicFigures.map((figure) => readPast(catalogue.samples, { figure, subject }, now)),
  )
  const history = historyOf(samples.flat())
  const marks = await catalogue.marks.list(rowDropsKey(source.name))
  return signals.some((detect) => detect(source, history, marks) !== undefined)
}
