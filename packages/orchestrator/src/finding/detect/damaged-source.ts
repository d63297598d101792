import type { Detector } from '../detector.ts'
import { countText } from '../wording.ts'

/** A backup is whole, and says that what it was made from is damaged: pages with wrong checksums, for example. */
export const detectDamagedSource: Detector = ({ facts }) => ({
  observations: facts.endedRuns.flatMap((run) => {
    const { source } = run
    const problems = run.result?.problems ?? []
    if (run.operation !== 'backup' || run.state !== 'succeeded' || problems.length === 0) return []
    if (source === undefined || !facts.config.sources.has(source)) return []
    return [
      {
        kind: 'damaged-source' as const,
        severity: 'critical' as const,
        subject: { source },
        title: `${source} itself is damaged: ${countText(problems.length, 'problem')} seen while it was backed up`,
        detail: [
          ...problems.slice(0, 5).map((problem) => `- ${problem}`),
          ...(problems.length > 5 ? [`- and ${problems.length - 5} more: \`holdfast runs\` shows them`] : []),
          'The backup holds it as it is. Look at the disk of the source; older backups may hold what is damaged now, so do not remove them.',
        ].join('\n'),
        figures: { problems: problems.length },
      },
    ]
  }),
  unseen: [],
})
