import { pausesRetention } from '../../planning/retention.ts'
import type { Detector } from '../detector.ts'

/** While something about a source looks like an attack or a great mistake, nothing of it is forgotten. */
export const detectRetentionPaused: Detector = ({ facts }) => ({
  observations: [...facts.config.sources.keys()]
    .filter((source) => pausesRetention(source, facts.openFindings))
    .map((source) => {
      const anomalies = facts.openFindings.filter(
        ({ kind, subject }) => kind === 'anomaly' && subject.source === source,
      )
      const waiting = anomalies.filter(({ acknowledged }) => acknowledged?.isExpected !== true)
      return {
        kind: 'retention-paused',
        severity: 'info',
        subject: { source },
        title: `no backup of ${source} is forgotten until somebody has looked at it`,
        detail:
          waiting.length === 0
            ? 'What was seen was expected; retention goes on after the next backup that looks as usual.'
            : [
                'Its newest backups look unlike those before them, so the old ones are kept. When that was expected, say so:',
                ...waiting.map(({ key }) => `holdfast findings acknowledge --expected ${key}`).toSorted(),
              ].join('\n'),
        figures: { findings: anomalies.length },
      }
    }),
  unseen: [],
})
