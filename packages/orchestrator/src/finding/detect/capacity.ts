import type { RepositorySettings } from '@holdfast/core/config/effective-config'
import { countOf } from '@holdfast/core/units/count-of'
import { formatSize } from '@holdfast/core/units/size'
import { fullAt, growthPerDay } from '../../planning/growth.ts'
import type { Detector, Sight, View } from '../detector.ts'
import { joinSights, noSight } from '../detector.ts'
import { percent, utcMinute } from '../wording.ts'

const dayMs = 86_400_000
const warningDays = 30
const criticalDays = 7
const warningPart = 0.9
const criticalPart = 0.97
/** A size that was looked at longer ago is not today's. */
const staleMs = 15 * dayMs

/** A repository is full soon, by its growth of the last weeks, or nearly is. */
export const detectCapacity: Detector = (view) =>
  joinSights([...view.facts.config.repositories.values()].map((repository) => judge(repository, view)))

function judge(repository: RepositorySettings, { facts, history }: View): Sight {
  const { name, capacityBytes } = repository
  const series = history.series('repository-bytes', `repository/${name}`)
  const bytes = series.values.at(-1)
  const measuredMs = series.atMs.at(-1) ?? Number.NEGATIVE_INFINITY
  if (capacityBytes === undefined) return noSight
  const subject = { repository: name }
  if (bytes === undefined || facts.now.getTime() - measuredMs > staleMs) {
    return { observations: [], unseen: [{ kind: 'capacity', subject }] }
  }
  const usedPart = bytes / capacityBytes
  const bytesPerDay = growthPerDay(series) ?? 0
  const full = fullAt({ bytes, capacityBytes, bytesPerDay }, facts.now)
  const daysLeft = full === undefined ? Number.POSITIVE_INFINITY : (full.getTime() - facts.now.getTime()) / dayMs
  if (usedPart < warningPart && daysLeft > warningDays) return noSight
  const isCritical = usedPart >= criticalPart || daysLeft <= criticalDays
  return {
    observations: [
      {
        kind: 'capacity',
        severity: isCritical ? 'critical' : 'warning',
        subject,
        title:
          daysLeft > warningDays || usedPart >= 1
            ? `repository ${name} is ${percent(usedPart)} full`
            : `repository ${name} is full in ${countOf(Math.round(daysLeft), 'day')}`,
        detail: [
          `${formatSize(bytes)} of ${formatSize(capacityBytes)} used${growthText(bytesPerDay, full)}.`,
          'Give it more room, keep fewer backups (`holdfast config explain` shows what is kept and why), or free what nothing needs with `holdfast prune`.',
        ].join('\n'),
        figures: { bytes, capacityBytes, bytesPerDay: Math.round(bytesPerDay) },
      },
    ],
    unseen: [],
  }
}

function growthText(bytesPerDay: number, full: Date | undefined): string {
  if (full === undefined || bytesPerDay <= 0) return ', not growing'
  return `, growing by ${formatSize(Math.round(bytesPerDay))} a day (median of the last weeks): full at ${utcMinute(full)}`
}
