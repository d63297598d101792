import type { RepositorySettings } from '@holdfast/core/config/effective-config'
import type { Sample, SnapshotOverview } from '../catalogue/catalogue.ts'
import type { Finding } from '../finding/finding.ts'
import { seriesOf } from '../finding/history.ts'
import { oldestRead, readRotation } from '../planning/check-rotation.ts'
import { type CostEstimate, estimateCost } from '../planning/cost.ts'
import type { CronClock } from '../planning/cron-clock.ts'
import { fullAt, growthPerDay } from '../planning/growth.ts'
import {
  type ApplicationObjectives,
  measureApplications,
  measureObjectives,
  type SourceObjectives,
} from '../planning/objectives.ts'
import type { Run } from '../run/run.ts'
import type { StatusFacts } from './status-facts.ts'

/** How everything stands at one moment. */
export interface StatusReport {
  readonly at: Date
  /** in the order of the configuration, as everything here */
  readonly sources: readonly SourceStatus[]
  readonly applications: readonly ApplicationObjectives[]
  readonly repositories: readonly RepositoryStatus[]
  /** open findings that are about no source: repositories, the configuration, the clock */
  readonly otherFindings: readonly Finding[]
}

export interface SourceStatus extends SourceObjectives {
  /** of this source, queued or running */
  readonly activeRuns: readonly Run[]
  /** whether a promise is broken, the last restore that was tried failed, or there is nothing to restore at all */
  readonly isBroken: boolean
}

/** Sizes are of when they were last measured. */
export interface RepositoryStatus {
  readonly settings: RepositorySettings
  readonly bytes?: number
  readonly measuredAt?: Date
  /** of the sources of the configuration */
  readonly snapshots: number
  readonly bytesPerDay?: number
  readonly fullAt?: Date
  readonly cost?: CostEstimate
  /** since then at the latest all data has been read again */
  readonly readSince?: Date
}

/** Pure. */
export function statusOf(facts: StatusFacts, clock: CronClock): StatusReport {
  const activeRuns = Map.groupBy(facts.activeRuns, ({ source }) => source)
  const objectives = measureObjectives(facts, clock)
  const sizes = Map.groupBy(facts.repositorySizes, ({ subject }) => subject)
  const held = Map.groupBy(facts.snapshots, ({ repository }) => repository)
  return {
    at: facts.now,
    sources: objectives.map((source) => ({
      ...source,
      activeRuns: activeRuns.get(source.source.name) ?? [],
      isBroken: isBroken(source),
    })),
    applications: measureApplications(facts, objectives),
    repositories: [...facts.config.repositories.values()].map((settings) =>
      repositoryStatus(settings, sizes.get(`repository/${settings.name}`) ?? [], held.get(settings.name) ?? [], facts),
    ),
    otherFindings: facts.openFindings.filter(({ subject }) => subject.source === undefined),
  }
}

function isBroken({ newestRestorable, rpo, rto, newestProof }: SourceObjectives): boolean {
  if (newestRestorable === undefined) return true
  return rpo.verdict === 'broken' || rto.verdict === 'broken' || newestProof?.verdict === 'failed'
}

function repositoryStatus(
  settings: RepositorySettings,
  sizes: readonly Sample[],
  held: readonly SnapshotOverview[],
  { marks, now }: StatusFacts,
): RepositoryStatus {
  const newest = sizes.at(-1)
  const bytesPerDay = growthPerDay(seriesOf(sizes))
  const rotation = readRotation(marks.get(`checked/${settings.name}`))
  const { capacityBytes, price } = settings
  const isGrowthKnown = newest !== undefined && bytesPerDay !== undefined && capacityBytes !== undefined
  const full = isGrowthKnown ? fullAt({ bytes: newest.value, capacityBytes, bytesPerDay }, now) : undefined
  return {
    settings,
    snapshots: held.reduce((sum, { count }) => sum + count, 0),
    ...(newest !== undefined && { bytes: newest.value, measuredAt: newest.at }),
    ...(bytesPerDay !== undefined && { bytesPerDay }),
    ...(full !== undefined && { fullAt: full }),
    ...(price !== undefined &&
      newest !== undefined && {
        cost: estimateCost(price, { bytes: newest.value, bytesPerDay: bytesPerDay ?? 0, writtenBytesPerDay: 0 }),
      }),
    ...(rotation !== undefined && { readSince: oldestRead(rotation) }),
  }
}
