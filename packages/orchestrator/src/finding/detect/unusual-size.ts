import type { SourceSettings } from '@holdfast/core/config/effective-config'
import { formatSize } from '@holdfast/core/units/size'
import type { Detector, View } from '../detector.ts'
import type { Observation } from '../finding.ts'
import { compareWithUsual } from '../history.ts'
import { median, spread } from '../statistics.ts'
import { percent, utcMinute } from '../wording.ts'

/** Of small sources every change is a great one. */
const leastDifferenceBytes = 64 * 1024
/** A source whose size always moves by this many spreads is not unusual when it does. */
const usualSpreads = 4

/** The newest backup holds far less or far more than those before it. Over when backups are as before, or this is usual. */
export const detectUnusualSize: Detector = (view) => ({
  observations: [...view.facts.config.sources.values()].flatMap((source) => judge(source, view)),
  unseen: [],
})

function judge(source: SourceSettings, { history }: View): Observation[] {
  const comparison = compareWithUsual(history.series('backup-bytes-read', `source/${source.name}`))
  if (comparison === undefined) return []
  const { newest, usual, at } = comparison
  const usualBytes = median(usual)
  const differenceBytes = Math.abs(newest - usualBytes)
  if (differenceBytes < Math.max(leastDifferenceBytes, usualSpreads * spread(usual))) return []
  const { smallerBy, largerBy } = source.anomaly
  const isSmall = newest < usualBytes * (1 - smallerBy)
  const isLarge = newest > usualBytes * (1 + largerBy)
  if (!isSmall && !isLarge) return []
  const figures = { bytes: newest, usualBytes, backups: usual.length }
  const sizes = `${formatSize(newest)}, usually ${formatSize(usualBytes)} (median of the ${usual.length} before it)`
  const shared = { subject: { source: source.name }, figures }
  if (isSmall) {
    return [
      {
        ...shared,
        kind: 'suspiciously-small',
        severity: newest === 0 ? 'critical' : 'warning',
        title: `the newest backup of ${source.name} is ${percent(differenceBytes / usualBytes)} smaller than usual`,
        detail: `The backup of ${utcMinute(at)} holds ${sizes}. Look whether data is missing at the source: a wrong path, an unmounted disk, dropped tables. Older backups still have it.`,
      },
    ]
  }
  return [
    {
      ...shared,
      kind: 'suspiciously-large',
      severity: 'warning',
      title: `the newest backup of ${source.name} is ${percent(differenceBytes / usualBytes)} larger than usual`,
      detail: `The backup of ${utcMinute(at)} holds ${sizes}. Look for what has grown: logs, dumps or caches that could be excluded.`,
    },
  ]
}
