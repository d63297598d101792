import { formatDurationMs } from '@holdfast/core/units/duration'
import { periodOf } from '../../planning/due-runs.ts'
import { measureObjectives, type SourceObjectives } from '../../planning/objectives.ts'
import type { Detector, View } from '../detector.ts'
import type { Observation } from '../finding.ts'
import { lateGraceMs } from '../grace.ts'
import { utcMinute } from '../wording.ts'

/** A promise of a tier does not hold now. Why it does not is told by other findings: late, failed, behind. */
export const detectObjectiveMissed: Detector = (view) => ({
  observations: measureObjectives(view.facts, view.clock).flatMap((objectives) => [
    ...recoveryPoint(objectives, view),
    ...recoveryTime(objectives),
  ]),
  unseen: [],
})

/**
 * A tier that promises 24 hours and backs up every 24 hours breaks its promise by the minutes that the backup takes, every
 * night; nobody is woken for that.
 */
function recoveryPoint(objectives: SourceObjectives, { facts, clock }: View): Observation[] {
  const { source, rpo, by, newestRestorable } = objectives
  // Where nothing can be restored at all, that is the finding.
  if (rpo.verdict !== 'broken' || newestRestorable === undefined) return []
  const { actualMs = 0, promisedMs = 0 } = rpo
  const period = by === 'snapshot' ? periodOf({ settings: source.backup }, facts.now.getTime(), clock) : 0
  const graceMs = source.log === 'continuous' || !Number.isFinite(period) ? 0 : lateGraceMs(period)
  if (actualMs <= promisedMs + graceMs) return []
  return [
    {
      kind: 'objective-missed',
      severity: 'critical',
      subject: { source: source.name },
      about: 'rpo',
      title: `${source.name} would lose ${formatDurationMs(actualMs)} if it was lost now, promised are ${formatDurationMs(promisedMs)}`,
      detail: [
        `The newest instant that can be restored is ${utcMinute(newestRestorable)}, from ${by === 'log' ? 'its log' : 'a backup'}.`,
        `What keeps it from being newer: \`holdfast findings\`, \`holdfast runs\`. A backup now: \`holdfast run backup ${source.name}\`.`,
      ].join('\n'),
      figures: { actualMs, promisedMs },
    },
  ]
}

function recoveryTime({ source, rto, newestPassed }: SourceObjectives): Observation[] {
  if (rto.verdict !== 'broken') return []
  const { actualMs = 0, promisedMs = 0 } = rto
  return [
    {
      kind: 'objective-missed',
      severity: 'warning',
      subject: { source: source.name },
      about: 'rto',
      title: `restoring ${source.name} takes ${formatDurationMs(actualMs)}, promised are ${formatDurationMs(promisedMs)}`,
      detail: [
        `Measured by the slowest proof of the last three months, scaled to the present size${newestPassed === undefined ? '' : `; the newest took ${formatDurationMs(newestPassed.recoveryMs)}`}.`,
        'Restore from a nearer or faster repository, split the source, or promise what can be kept.',
      ].join('\n'),
      figures: { actualMs, promisedMs },
    },
  ]
}
