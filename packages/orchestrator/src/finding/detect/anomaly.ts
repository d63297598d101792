import type { SourceSettings } from '@holdfast/core/config/effective-config'
import { detectChurn } from '../anomaly/churn.ts'
import { detectDeduplication } from '../anomaly/deduplication.ts'
import { detectEntropy } from '../anomaly/entropy.ts'
import { detectRows } from '../anomaly/rows.ts'
import type { Signal, SignalDetector } from '../anomaly/signal.ts'
import type { Detector, Sight, View } from '../detector.ts'
import { joinSights } from '../detector.ts'
import type { Finding, Observation } from '../finding.ts'
import { utcMinute } from '../wording.ts'

const signalDetectors: readonly SignalDetector[] = [detectChurn, detectEntropy, detectDeduplication, detectRows]

/**
 * The newest backup looks as if the source had been encrypted, emptied or exchanged. One such sign is a warning, two are
 * critical. The day after an attack looks usual again (nothing changes any more), so these findings are not over by
 * themselves: only when somebody has said that this was expected. Until then retention pauses.
 */
export const detectAnomaly: Detector = (view) =>
  joinSights([...view.facts.config.sources.values()].map((source) => judge(source, view)))

function judge(source: SourceSettings, view: View): Sight {
  const signals = signalDetectors.flatMap((detect) => detect(source, view.history, view.facts.marks) ?? [])
  const open = view.facts.openFindings.filter(
    ({ kind, subject }) => kind === 'anomaly' && subject.source === source.name,
  )
  const waiting = open.filter(({ acknowledged }) => acknowledged?.isExpected !== true)
  const signs = new Set([...signals, ...waiting].map(({ about }) => about))
  const severity = signs.size > 1 ? 'critical' : 'warning'
  return {
    observations: signals.map((signal) => observation(signal, source, severity, { open, view })),
    unseen: waiting.map(({ kind, subject, about }) => ({ kind, subject, ...(about === undefined ? {} : { about }) })),
  }
}

function observation(
  signal: Signal,
  source: SourceSettings,
  severity: Observation['severity'],
  { open, view }: { readonly open: readonly Finding[]; readonly view: View },
): Observation {
  const { about, title, explanation, figures, at } = signal
  // Of several backups that all show it, the last clean one is that before the first.
  const known = open.find((finding) => finding.about === about)?.figures['lastCleanAtMs']
  const lastClean = new Date(Math.min(known ?? Number.POSITIVE_INFINITY, signal.lastCleanAt.getTime()))
  return {
    kind: 'anomaly',
    severity,
    subject: { source: source.name },
    about,
    title,
    detail: [
      `Seen in the backup of ${utcMinute(at)}. ${explanation}`,
      `The last clean backup is that of ${utcMinute(lastClean)}.${provenText(source, lastClean, view)} Retention of ${source.name} pauses, so it stays.`,
      `Look at the source before anything else. When this was expected (a migration, a clean-up, an upgrade), say so: holdfast findings acknowledge --expected anomaly:source/${source.name}:${about}`,
    ].join('\n'),
    figures: { ...figures, lastCleanAtMs: lastClean.getTime() },
  }
}

function provenText(source: SourceSettings, lastClean: Date, { facts }: View): string {
  const proof = facts.proofs.find(
    ({ source: name, verdict, endedAt }) => name === source.name && verdict === 'passed' && endedAt <= lastClean,
  )
  return proof === undefined
    ? ''
    : ` Snapshot ${proof.snapshotId.slice(0, 8)} in ${proof.repository} was restored and checked before that.`
}
