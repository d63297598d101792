import type { EffectiveConfig } from '@holdfast/core/config/effective-config'
import type { ProofRecord, SnapshotOverview } from '../../catalogue/catalogue.ts'
import type { Facts } from '../facts.ts'

/** Facts of nothing, with what a test gives over it. */
export function factsOf(config: EffectiveConfig, now: Date, given: Partial<Facts> = {}): Facts {
  return {
    config,
    now,
    activeRuns: [],
    endedRuns: [],
    succeededRuns: [],
    snapshots: [],
    proofs: [],
    slowestProofs: [],
    marks: new Map(),
    samples: [],
    openFindings: [],
    ...given,
  }
}

export function overviewOf(
  source: string,
  repository: string,
  newest: Date,
  given: Partial<SnapshotOverview> = {},
): SnapshotOverview {
  return { source, repository, count: 1, oldest: newest, newest, newestId: 'a'.repeat(64), ...given }
}

export function proofOf(source: string, endedAt: Date, given: Partial<ProofRecord> = {}): ProofRecord {
  return {
    id: `proof-${source}-${endedAt.getTime()}`,
    source,
    repository: 'local',
    snapshotId: 'a'.repeat(64),
    verdict: 'passed',
    target: 'newest',
    endedAt,
    recoveryMs: 60_000,
    bytes: 1000,
    checks: '[]',
    ...given,
  }
}
