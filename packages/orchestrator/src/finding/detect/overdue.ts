import type { SourceSettings } from '@holdfast/core/config/effective-config'
import { nextFire } from '../../planning/next-fire.ts'
import { lateGraceMs } from '../grace.ts'
import { newestSnapshots } from '../newest-snapshot.ts'
import type { Detector, View } from '../detector.ts'
import type { Observation } from '../finding.ts'
import { agoText, utcMinute } from '../wording.ts'

/** Clocks differ a little: a backup made just before its fire is the one of that fire. */
const clockToleranceMs = 60_000

/**
 * The schedule said that there should be a newer backup by now, for whatever reason there is none: failed, never begun, a
 * server that was away. Over when there is one.
 */
export const detectOverdue: Detector = (view) => {
  const newest = newestSnapshots(view.facts.snapshots)
  return {
    observations: [...view.facts.config.sources.values()].flatMap((source) =>
      judge(source, newest.get(source.name), view),
    ),
    unseen: [],
  }
}

function judge(source: SourceSettings, newest: Date | undefined, view: View): Observation[] {
  // Without any backup there is nothing to be late after: that is "unprotected".
  if (newest === undefined) return []
  const { now } = view.facts
  const timing = { id: `backup/${source.name}`, settings: source.backup, blackouts: source.blackouts }
  const due = nextFire(timing, newest.getTime() + clockToleranceMs, view.clock)
  if (due === undefined) return []
  const periodMs = Math.max(0, due.nominalMs - newest.getTime())
  const graceMs = lateGraceMs(periodMs)
  const lateMs = now.getTime() - due.atMs
  if (lateMs <= graceMs || isRunning(source, due.nominalMs, view)) return []
  const ageMs = now.getTime() - newest.getTime()
  return [
    {
      kind: 'overdue',
      severity: 'warning',
      subject: { source: source.name },
      title: `${source.name} was last backed up ${agoText(newest, now)}`,
      detail: [
        `The newest backup is of ${utcMinute(newest)}; the next was due at ${utcMinute(new Date(due.atMs))}.`,
        `See what keeps it with \`holdfast runs ${source.name}\`, or make one now with \`holdfast run backup ${source.name}\`.`,
      ].join('\n'),
      figures: { ageMs, lateMs, ...(source.rpoMs === undefined ? {} : { promisedMs: source.rpoMs }) },
    },
  ]
}

/** One that is being made may still be in time; it has a time limit of its own. */
function isRunning(source: SourceSettings, sinceMs: number, { facts }: View): boolean {
  return facts.activeRuns.some(
    (run) =>
      run.operation === 'backup' &&
      run.source === source.name &&
      run.state === 'running' &&
      (run.startedAt ?? run.queuedAt).getTime() >= sinceMs &&
      facts.now.getTime() - (run.startedAt ?? run.queuedAt).getTime() <= source.timeoutMs,
  )
}
