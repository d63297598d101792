import type { Detector } from '../detector.ts'

/** While something about a source looks like an attack or a great mistake, nothing of it is forgotten. */
export const detectRetentionPaused: Detector = ({ facts }) => {
  const paused = new Map<string, string[]>()
  for (const { kind, subject, key, acknowledged } of facts.openFindings) {
    if (kind !== 'anomaly' || subject.source === undefined || acknowledged !== undefined) continue
    if (!facts.config.sources.has(subject.source)) continue
    paused.set(subject.source, [...(paused.get(subject.source) ?? []), key])
  }
  return {
    observations: [...paused].map(([source, keys]) => ({
      kind: 'retention-paused',
      severity: 'info',
      subject: { source },
      title: `no backup of ${source} is forgotten until somebody has looked at it`,
      detail: [
        'Its newest backups look unlike those before them, so the old ones are kept. When that was expected, say so:',
        ...keys.toSorted().map((key) => `holdfast findings acknowledge ${key} --note "<why>"`),
      ].join('\n'),
      figures: { findings: keys.length },
    })),
    unseen: [],
  }
}
