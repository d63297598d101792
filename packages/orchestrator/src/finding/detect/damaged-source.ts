import type { EffectiveConfig } from '@holdfast/core/config/effective-config'
import { countOf } from '@holdfast/core/units/count-of'
import type { EndedRun } from '../../run/run.ts'
import type { Detector } from '../detector.ts'

/**
 * A backup is whole, and says that what it was made from is damaged: pages of a database whose checksums are wrong. Over
 * when a later backup finds none.
 */
export const detectDamagedSource: Detector = ({ facts }) => ({
  observations: facts.endedRuns.flatMap((run) => {
    const { source } = run
    const problems = damagedPages(run, facts.config)
    if (source === undefined || problems.length === 0) return []
    return [
      {
        kind: 'damaged-source' as const,
        severity: 'critical' as const,
        subject: { source },
        title: `${source} itself is damaged: ${countOf(problems.length, 'problem')} seen while it was backed up`,
        detail: [
          ...problems.slice(0, 5).map((problem) => `- ${problem}`),
          ...(problems.length > 5 ? [`- and ${problems.length - 5} more: \`holdfast runs\` shows them`] : []),
          'The backup holds it as it is. Look at the disk of the source; older backups may hold sound pages, so do not remove them.',
        ].join('\n'),
        figures: { problems: problems.length },
      },
    ]
  }),
  unseen: [],
})

/** Those problems of a physical backup that are about what the server's files hold. */
export function damagedPages(run: EndedRun, { sources }: EffectiveConfig): readonly string[] {
  const workload = sources.get(run.source ?? '')?.workload
  if (run.operation !== 'backup' || workload?.type !== 'postgresql' || workload.method === 'logical') return []
  return (run.result?.problems ?? []).filter((problem) => /checksum|\bpages?\b|\bblock \d/i.test(problem))
}
