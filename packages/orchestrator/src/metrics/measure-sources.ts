import type { SnapshotOverview } from '../catalogue/catalogue.ts'
import { parseLogState } from '../finding/noted-state.ts'
import { worstFirst } from '../finding/severity.ts'
import type { Facts } from '../planning/facts.ts'
import type { Objective, SourceObjectives } from '../planning/objectives.ts'
import { type Measurement, measured, secondsOf, timestampOf } from './measurement.ts'

/** Figures of all sources of the configuration. Pure. */
export function measureSources(facts: Facts, objectives: readonly SourceObjectives[]): Measurement[] {
  const snapshots = Map.groupBy(facts.snapshots, ({ source }) => source)
  const samples = new Map(facts.samples.map(({ figure, subject, value }) => [`${figure} ${subject}`, value]))
  return objectives.flatMap((own) => {
    const { source } = own
    const sample = (figure: string) => samples.get(`${figure} source/${source.name}`)
    return [
      ...measured('sourceInfo', { source: source.name, type: source.workload.type, tier: source.tier }, 1),
      ...promises(own),
      ...holdings(own, snapshots.get(source.name) ?? []),
      ...newestBackup(source.name, sample),
      ...findings(own),
      ...(source.log === 'continuous' ? log(source.name, facts) : []),
    ]
  })
}

/** When each operation on a source last succeeded; of copies to several repositories, the last. */
export function measureSuccesses({ succeededRuns, config }: Facts): Measurement[] {
  const newest = new Map<string, Date>()
  for (const { source, operation, endedAt } of succeededRuns) {
    if (source === undefined || endedAt === undefined || !config.sources.has(source)) continue
    const key = `${source}\n${operation}`
    const known = newest.get(key)
    if (known === undefined || endedAt > known) newest.set(key, endedAt)
  }
  return [...newest].flatMap(([key, at]) => {
    const [source = '', operation = ''] = key.split('\n')
    return measured('sourceLastSuccess', { source, operation }, timestampOf(at))
  })
}

export function isMet({ verdict }: Objective): boolean | undefined {
  return verdict === 'kept' || verdict === 'broken' ? verdict === 'kept' : undefined
}

function promises({ source: { name: source, rpoMs, rtoMs }, rpo, rto, ...own }: SourceObjectives): Measurement[] {
  return [
    ...measured('sourceRestorable', { source }, timestampOf(own.newestRestorable)),
    ...measured('recoveryPointAge', { source }, secondsOf(rpo.actualMs)),
    ...measured('recoveryPointPromise', { source }, secondsOf(rpoMs)),
    ...measured('recoveryTime', { source }, secondsOf(rto.actualMs)),
    ...measured('recoveryTimePromise', { source }, secondsOf(rtoMs)),
    ...measured('objectiveMet', { source, objective: 'rpo' }, isMet(rpo)),
    ...measured('objectiveMet', { source, objective: 'rto' }, isMet(rto)),
    ...measured('proofAge', { source }, secondsOf(own.proofAgeMs)),
    ...measured('proofPassed', { source }, own.newestProof && own.newestProof.verdict === 'passed'),
    ...measured('score', { source }, own.score.points),
    ...measured('copies', { source }, own.copies.length),
  ]
}

function holdings({ source: { name: source } }: SourceObjectives, held: readonly SnapshotOverview[]): Measurement[] {
  const newest = held.toSorted((a, b) => b.newest.getTime() - a.newest.getTime())[0]
  return [
    ...measured('sourceLastBackup', { source }, timestampOf(newest?.newest)),
    ...held.flatMap(({ repository, count }) => measured('snapshots', { source, repository }, count)),
  ]
}

function newestBackup(source: string, sample: (figure: string) => number | undefined): Measurement[] {
  const read = sample('backup-bytes-read')
  const added = sample('backup-bytes-added')
  const isKnown = read !== undefined && added !== undefined && read > 0
  return [
    ...measured('sourceSize', { source }, read),
    ...measured('backupDuration', { source }, secondsOf(sample('backup-duration-ms'))),
    ...measured('backupAdded', { source }, added),
    ...measured('backupStored', { source }, sample('backup-bytes-stored')),
    // Trees count as added, too, so that more can be added than was read.
    ...measured('deduplication', { source }, isKnown ? Math.max(0, 1 - added / read) : undefined),
  ]
}

/** Zeros too, so that an alert can tell "none" from "unknown". */
function findings({ source: { name: source }, findings: open }: SourceObjectives): Measurement[] {
  return worstFirst.flatMap((severity) =>
    measured('sourceFindings', { source, severity }, open.filter((finding) => finding.severity === severity).length),
  )
}

function log(source: string, { marks, now }: Facts): Measurement[] {
  const state = parseLogState(marks.get(`log/${source}`))
  if (state === undefined) return []
  const { recoverableUntil, at, gap, slot } = state
  const lagMs = recoverableUntil === undefined ? undefined : Math.max(0, now.getTime() - recoverableUntil.getTime())
  return [
    ...measured('logLag', { source }, secondsOf(lagMs)),
    ...measured('logFollowed', { source }, timestampOf(at)),
    ...measured('logGap', { source }, gap !== undefined && gap !== false),
    ...measured('slotKept', { source }, slot?.keptBytes),
  ]
}
