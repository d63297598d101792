import type { SourceSettings } from '@holdfast/core/config/effective-config'
import type { ProofRecord, Sample, SnapshotOverview } from '../catalogue/catalogue.ts'
import type { Finding } from '../finding/finding.ts'
import { parseLogState } from '../finding/noted-state.ts'
import type { CronClock } from './cron-clock.ts'
import { periodOf } from './due-runs.ts'
import type { Facts } from './facts.ts'
import { repositoriesWithCopy, type Score, scoreSource } from './score.ts'

/**
 * `unknown`: promised, but nothing has been measured yet. From the worst to the best, which is the order in which the
 * sources of an application decide for it.
 */
export const verdicts = ['broken', 'unknown', 'kept', 'not promised'] as const
export type Verdict = (typeof verdicts)[number]

export interface Objective {
  readonly verdict: Verdict
  readonly actualMs?: number
  readonly promisedMs?: number
}

export interface SourceObjectives {
  readonly source: SourceSettings
  /** absent: nothing can be restored */
  readonly newestRestorable?: Date
  /** whether that instant is a snapshot's or lies in the log */
  readonly by: 'snapshot' | 'log'
  /** now − newest restorable instant */
  readonly rpo: Objective
  /** the slowest of the recent proofs, scaled to the present size */
  readonly rto: Objective
  readonly newestProof?: ProofRecord
  readonly newestPassed?: ProofRecord
  /** since the last proof that passed */
  readonly proofAgeMs?: number
  /** names of the repositories that hold the newest snapshot */
  readonly copies: readonly string[]
  readonly score: Score
  /** of this source */
  readonly findings: readonly Finding[]
}

export interface ApplicationObjectives {
  readonly name: string
  readonly sources: readonly string[]
  /** the newest instant to which all of its sources can be restored */
  readonly newestRestorable?: Date
  readonly rpo: Objective
  readonly rto: Objective
  readonly points: number
  readonly findings: readonly Finding[]
}

/** The time in a snapshot is that of the machine that made it, whose clock may be ahead by so much. */
export const toleratedFutureMs = 2 * 60_000

/** What objectives are measured from. */
export type ObjectiveFacts = Pick<
  Facts,
  'config' | 'now' | 'snapshots' | 'proofs' | 'slowestProofs' | 'marks' | 'openFindings'
>

/** What is promised and what holds, for every source of the configuration, in its order. Pure. */
export function measureObjectives(facts: ObjectiveFacts, clock: CronClock): SourceObjectives[] {
  const bySource = {
    snapshots: Map.groupBy(facts.snapshots, ({ source }) => source),
    proofs: Map.groupBy(facts.proofs, ({ source }) => source),
    slowest: new Map(facts.slowestProofs.map((proof) => [proof.source, proof])),
    findings: Map.groupBy(facts.openFindings, ({ subject }) => subject.source),
  }
  const onRepositories = facts.openFindings.filter(({ subject }) => subject.repository !== undefined)
  // most sources share the line of their tier
  const periods = new Map<string, number>()
  const periodMsOf = ({ backup }: SourceSettings): number => {
    const line = `${backup.cron}|${backup.timeZone}`
    let periodMs = periods.get(line)
    if (periodMs === undefined) {
      periods.set(line, (periodMs = periodOf({ settings: backup }, facts.now.getTime(), clock)))
    }
    return periodMs
  }
  return [...facts.config.sources.values()].map((source) => {
    const findings = bySource.findings.get(source.name) ?? []
    const snapshots = bySource.snapshots.get(source.name) ?? []
    const proofs = bySource.proofs.get(source.name) ?? []
    const newestProof = newestOf(proofs)
    const newestPassed = newestOf(proofs.filter(({ verdict }) => verdict === 'passed'))
    const restorable = newestRestorable(source, snapshots, facts)
    const allowedLagMs = periodMsOf(source) + source.timeoutMs
    const holders = repositoriesWithCopy({ source, config: facts.config, snapshots, allowedLagMs })
    return {
      source,
      by: restorable.by,
      ...(restorable.at !== undefined && { newestRestorable: restorable.at }),
      rpo: judge(ageOf(restorable.at, facts.now), source.rpoMs),
      rto: judge(restoreMs(bySource.slowest.get(source.name), snapshots), source.rtoMs),
      ...(newestProof !== undefined && { newestProof }),
      ...(newestPassed !== undefined && {
        newestPassed,
        proofAgeMs: Math.max(0, facts.now.getTime() - newestPassed.endedAt.getTime()),
      }),
      copies: holders.map(({ name }) => name),
      score: scoreSource({ source, holders, newestProof, openFindings: [...findings, ...onRepositories] }),
      findings,
    }
  })
}

/** An application is as good as the worst of its sources. */
export function measureApplications(
  facts: Pick<Facts, 'config' | 'openFindings'>,
  sources: readonly SourceObjectives[],
): ApplicationObjectives[] {
  const byName = new Map(sources.map((objectives) => [objectives.source.name, objectives]))
  return [...facts.config.applications.values()].map((application) => {
    const own = application.sources.flatMap((name) => byName.get(name) ?? [])
    const instants = own.map((objectives) => objectives.newestRestorable)
    const oldestMs = Math.min(...instants.map((at) => at?.getTime() ?? Number.NEGATIVE_INFINITY))
    return {
      name: application.name,
      sources: application.sources,
      ...(Number.isFinite(oldestMs) && { newestRestorable: new Date(oldestMs) }),
      rpo: worst(own.map(({ rpo }) => rpo)),
      rto: worst(own.map(({ rto }) => rto)),
      points: own.length === 0 ? 0 : Math.min(...own.map(({ score }) => score.points)),
      findings: [
        ...own.flatMap(({ findings }) => findings),
        ...facts.openFindings.filter(({ subject }) => subject.application === application.name),
      ],
    }
  })
}

const recordEveryMs = 6 * 3_600_000

/** The figures of objectives that are due to be recorded: of each subject every six hours. */
export function objectiveSamples(
  facts: Pick<Facts, 'now' | 'samples'>,
  sources: readonly SourceObjectives[],
  applications: readonly ApplicationObjectives[],
): Sample[] {
  const lastAt = new Map(facts.samples.map(({ figure, subject, at }) => [`${figure} ${subject}`, at.getTime()]))
  const sample = (figure: string, subject: string, value: number | undefined): Sample[] => {
    const isDue = facts.now.getTime() - (lastAt.get(`${figure} ${subject}`) ?? 0) >= recordEveryMs
    if (value === undefined || !Number.isFinite(value) || !isDue) return []
    return [{ figure, subject, at: facts.now, value }]
  }
  return [
    ...sources.flatMap(({ source, rpo, rto, proofAgeMs, score }) => {
      const subject = `source/${source.name}`
      return [
        ...sample('rpo-ms', subject, rpo.actualMs),
        ...sample('rto-ms', subject, rto.actualMs),
        ...sample('proof-age-ms', subject, proofAgeMs),
        ...sample('score', subject, score.points),
      ]
    }),
    ...applications.flatMap(({ name, rpo, rto, points }) => {
      const subject = `application/${name}`
      return [
        ...sample('rpo-ms', subject, rpo.actualMs),
        ...sample('rto-ms', subject, rto.actualMs),
        ...sample('score', subject, points),
      ]
    }),
  ]
}

/**
 * A log counts from a snapshot on, and only while nothing is missing in it: behind a gap there is no way to what came
 * after it until the next backup.
 */
function newestRestorable(
  source: SourceSettings,
  snapshots: readonly SnapshotOverview[],
  { marks }: ObjectiveFacts,
): { readonly at?: Date; readonly by: 'snapshot' | 'log' } {
  if (snapshots.length === 0) return { by: 'snapshot' }
  const snapshotMs = Math.max(...snapshots.map(({ newest }) => newest.getTime()))
  const state = source.log === 'continuous' ? parseLogState(marks.get(`log/${source.name}`)) : undefined
  const hasGap = state?.gap !== undefined && state.gap !== false
  const logMs = hasGap ? undefined : state?.recoverableUntil?.getTime()
  if (logMs !== undefined && logMs > snapshotMs) return { at: new Date(logMs), by: 'log' }
  return { at: new Date(snapshotMs), by: 'snapshot' }
}

/** Nothing to restore is the worst that can be, not something unknown; so is an instant of a clock that is wrong. */
function ageOf(at: Date | undefined, now: Date): number {
  const ageMs = at === undefined ? Number.POSITIVE_INFINITY : now.getTime() - at.getTime()
  return ageMs < -toleratedFutureMs ? Number.POSITIVE_INFINITY : Math.max(0, ageMs)
}

/** Restores of more take longer, at the pace that was measured; those of less are not promised to be faster. */
function restoreMs(proof: ProofRecord | undefined, snapshots: readonly SnapshotOverview[]): number | undefined {
  if (proof === undefined) return undefined
  const bytes = Math.max(0, ...snapshots.map(({ newestBytes }) => newestBytes ?? 0))
  return proof.recoveryMs * (proof.bytes > 0 ? Math.max(1, bytes / proof.bytes) : 1)
}

function judge(actualMs: number | undefined, promisedMs: number | undefined): Objective {
  const actual = actualMs !== undefined && Number.isFinite(actualMs) ? { actualMs } : {}
  if (promisedMs === undefined) return { verdict: 'not promised', ...actual }
  if (actualMs === undefined) return { verdict: 'unknown', promisedMs }
  return { verdict: actualMs <= promisedMs ? 'kept' : 'broken', promisedMs, ...actual }
}

/** The worst verdict, the longest time, and the shortest promise. */
function worst(objectives: readonly Objective[]): Objective {
  const actuals = objectives.flatMap(({ actualMs }) => actualMs ?? [])
  const promises = objectives.flatMap(({ promisedMs }) => promisedMs ?? [])
  return {
    verdict:
      verdicts.find((verdict) => objectives.some((objective) => objective.verdict === verdict)) ?? 'not promised',
    ...(actuals.length === objectives.length && actuals.length > 0 && { actualMs: Math.max(...actuals) }),
    ...(promises.length > 0 && { promisedMs: Math.min(...promises) }),
  }
}

function newestOf(proofs: readonly ProofRecord[]): ProofRecord | undefined {
  return proofs.reduce<ProofRecord | undefined>(
    (newest, proof) => (newest === undefined || proof.endedAt > newest.endedAt ? proof : newest),
    undefined,
  )
}
