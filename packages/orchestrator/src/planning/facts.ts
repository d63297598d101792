import type { EffectiveConfig } from '@holdfast/core/config/effective-config'
import type { Catalogue, ProofRecord, Sample, SnapshotOverview } from '../catalogue/catalogue.ts'
import type { Finding } from '../finding/finding.ts'
import type { EndedRun, Run } from '../run/run.ts'

/**
 * Everything that planning, objectives, findings, metrics and status decide from. Plain values of one moment: what is
 * decided from the same facts is the same.
 */
export interface Facts {
  readonly config: EffectiveConfig
  readonly now: Date
  /** queued and running, newest first */
  readonly activeRuns: readonly Run[]
  /** the newest that ended, of each operation and source or repository, however it ended */
  readonly endedRuns: readonly EndedRun[]
  /** the same of those that succeeded, wholly or in part */
  readonly succeededRuns: readonly EndedRun[]
  /** what each repository holds of each source */
  readonly snapshots: readonly SnapshotOverview[]
  /** newest passed and newest of all, per source */
  readonly proofs: readonly ProofRecord[]
  /** the slowest passed one of the last 90 days, per source */
  readonly slowestProofs: readonly ProofRecord[]
  readonly marks: ReadonlyMap<string, string>
  /** the newest of each figure and subject */
  readonly samples: readonly Sample[]
  readonly openFindings: readonly Finding[]
}

/** How long a proof says something about how fast a restore is. */
export const recentProofsMs = 90 * 86_400_000

/** Asks the catalogue a fixed number of questions, however many sources there are. */
export async function readFacts(catalogue: Catalogue, config: EffectiveConfig, now: Date): Promise<Facts> {
  const { runs, snapshots, proofs, marks, samples, findings } = catalogue
  const [active, { ended, succeeded }, overview, newestProofs, slowestProofs, allMarks, newestSamples, openFindings] =
    await Promise.all([
      runs.list({ states: ['queued', 'running'] }),
      runs.newest(),
      snapshots.overview(),
      proofs.newest(),
      proofs.slowest(new Date(now.getTime() - recentProofsMs)),
      marks.list(''),
      samples.newest(),
      findings.list({ isOpen: true }),
    ])
  return {
    config,
    now,
    activeRuns: active,
    endedRuns: ended,
    succeededRuns: succeeded,
    snapshots: overview,
    proofs: newestProofs,
    slowestProofs,
    marks: allMarks,
    samples: newestSamples,
    openFindings,
  }
}
