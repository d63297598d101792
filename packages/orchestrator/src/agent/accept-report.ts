import type { SourceSettings } from '@holdfast/core/config/effective-config'
import { AppError } from '@holdfast/core/errors/app-error'
import type { Catalogue, Sample, SnapshotRecord } from '../catalogue/catalogue.ts'
import { rowDropsKey } from '../finding/row-drops.ts'
import { historicFigures } from '../finding/history.ts'
import type { RunOutcome } from '../run/run-queue.ts'
import type { Run } from '../run/run.ts'
import type { AgentReport } from './agent-report.ts'

/** What a backup measures; anything else is not an agent's to say. */
const agentFigures: readonly string[] = historicFigures.filter((figure) => figure.startsWith('backup-'))

/** What is written of an agent's report. */
export interface AcceptedReport {
  readonly snapshots: readonly SnapshotRecord[]
  readonly samples: readonly Sample[]
  /** of the mark of its row drops; undefined takes it away */
  readonly rowDrops: string | undefined
}

interface Reported {
  readonly run: Run
  readonly source: SourceSettings
  readonly agent: string
  readonly outcome: RunOutcome
  readonly report: AgentReport
}

/**
 * Looks at what an agent says as at the words of an enemy: all of it must be about the run's own source and the
 * repositories that it is kept in, the snapshots just those of the result, the figures known ones, and the times those of
 * the run. Whether a snapshot is there, only a listing of the repository tells. Fails with AGENT_REPORT_INVALID. Pure.
 */
export function acceptReport({ run, source, agent, outcome, report }: Reported, now: Date): AcceptedReport {
  const refuse = (reason: string): AppError => new AppError('AGENT_REPORT_INVALID', { name: agent, reason })
  const claimed = Object.entries(outcome.result?.snapshots ?? {})
  for (const [repository] of claimed) {
    if (!source.repositories.includes(repository)) throw refuse(`${source.name} is not kept in ${quoted(repository)}`)
  }
  if ((outcome.state === 'succeeded' || outcome.state === 'partial') && claimed.length === 0) {
    throw refuse('a backup that was made has a snapshot')
  }
  const within = (at: string): Date => {
    const [earliest, time] = [(run.startedAt ?? run.queuedAt).getTime(), Date.parse(at)]
    return new Date(Math.min(now.getTime(), Math.max(earliest, time)))
  }
  const seen = new Set<string>()
  const snapshots = report.snapshots.map((each): SnapshotRecord => {
    const { repository, snapshotId, time, bytes, bytesAdded } = each
    const isClaimed = claimed.some(([name, id]) => name === repository && id === snapshotId)
    if (!isClaimed || seen.has(repository)) throw refuse('its snapshots are not those of its result')
    seen.add(repository)
    return {
      repository,
      snapshotId,
      source: source.name,
      time: within(time),
      lineage: run.id,
      ...(bytes === undefined ? {} : { bytes }),
      ...(bytesAdded === undefined ? {} : { bytesAdded }),
    }
  })
  const samples = report.figures.map(({ figure, at, value }): Sample => {
    if (!agentFigures.includes(figure)) throw refuse(`${quoted(figure)} is no figure of a backup`)
    return { figure, subject: `source/${source.name}`, at: within(at), value }
  })
  const { rowDrops } = report
  return { snapshots, samples, rowDrops: rowDrops === undefined ? undefined : JSON.stringify(rowDrops) }
}

/** Only of a backup that was made: one that failed says nothing of rows. */
export async function writeReport(
  { snapshots, samples, rowDrops }: AcceptedReport,
  source: string,
  catalogue: Pick<Catalogue, 'snapshots' | 'samples' | 'marks'>,
): Promise<void> {
  await catalogue.snapshots.add(snapshots)
  await catalogue.samples.add(samples)
  const key = rowDropsKey(source)
  if (rowDrops === undefined) await catalogue.marks.remove(key)
  else await catalogue.marks.set(key, rowDrops)
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 80))
}
