import type { SourceSettings } from '@holdfast/core/config/effective-config'
import { formatDurationMs } from '@holdfast/core/units/duration'
import type { Detector, View } from '../detector.ts'
import type { Observation } from '../finding.ts'
import { compareWithUsual } from '../history.ts'
import { median, spread } from '../statistics.ts'
import { utcMinute } from '../wording.ts'

/** Nobody minds a minute. */
const leastDifferenceMs = 60_000
const usualSpreads = 4

/** The newest backup took far longer than those before it, or the one that is being made does. */
export const detectSlow: Detector = (view) => ({
  observations: [...view.facts.config.sources.values()].flatMap((source) => [
    ...ended(source, view),
    ...running(source, view),
  ]),
  unseen: [],
})

function ended(source: SourceSettings, { history }: View): Observation[] {
  const comparison = compareWithUsual(history.series('backup-duration-ms', `source/${source.name}`))
  if (comparison === undefined) return []
  const { newest, usual, at } = comparison
  if (newest <= limitOf(source, usual)) return []
  const usualMs = median(usual)
  return [
    {
      kind: 'slow',
      severity: 'warning',
      subject: { source: source.name },
      title: `the newest backup of ${source.name} took ${formatDurationMs(newest)}, usually ${formatDurationMs(usualMs)}`,
      detail: `That of ${utcMinute(at)}, compared with the median of the ${usual.length} before it. Look at the load of the source, the network and the repository, and whether far more is new than usual.`,
      figures: { durationMs: newest, usualMs, backups: usual.length },
    },
  ]
}

function running(source: SourceSettings, { facts, history }: View): Observation[] {
  const own = facts.activeRuns.filter(
    (run) => run.state === 'running' && run.operation === 'backup' && run.source === source.name,
  )
  const usual = history.series('backup-duration-ms', `source/${source.name}`).values.slice(-10)
  if (own.length === 0 || usual.length < 5) return []
  return own.flatMap((run) => {
    if (run.startedAt === undefined) return []
    const soFarMs = facts.now.getTime() - run.startedAt.getTime()
    if (soFarMs <= limitOf(source, usual)) return []
    return [
      {
        kind: 'slow' as const,
        severity: 'warning' as const,
        subject: { source: source.name },
        about: 'running',
        title: `the backup of ${source.name} runs since ${utcMinute(run.startedAt)}, longer than usual`,
        detail: `It usually takes ${formatDurationMs(median(usual))}. It is stopped after ${formatDurationMs(run.timeoutMs)}; \`holdfast runs\` shows what it does.`,
        figures: { durationMs: soFarMs, usualMs: median(usual) },
      },
    ]
  })
}

function limitOf(source: SourceSettings, usual: readonly number[]): number {
  const usualMs = median(usual)
  const byPart = usualMs * (1 + source.anomaly.slowerBy)
  return Math.max(byPart, usualMs + leastDifferenceMs, usualMs + usualSpreads * spread(usual))
}
