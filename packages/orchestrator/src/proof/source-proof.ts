import type { WorkloadSettings } from '@holdfast/core/config/effective-config'
import type { Check } from '@holdfast/core/proof/check'

/** How long each part of a restore took, in milliseconds. */
export interface ProofPhases {
  /** out of the repository */
  readonly fetchMs: number
  /** until the server accepted connections */
  readonly startMs: number
  /** from there until it had reached the target and took writes */
  readonly replayMs: number
  readonly checkMs: number
}

/** The evidence of one restore that was made to see whether it can be made. */
export interface SourceProof {
  readonly formatVersion: 1
  readonly source: string
  readonly type: WorkloadSettings['type']
  /** of the backup that was restored */
  readonly snapshotId: string
  readonly repository: string
  readonly verdict: 'passed' | 'failed'
  /** what was asked for, for people */
  readonly target: string
  /** everything up to this instant came back, ISO 8601; absent for targets that are not times */
  readonly until?: string
  readonly startedAt: string
  readonly endedAt: string
  readonly phases: ProofPhases
  /** what a recovery of so many bytes takes until the service is back: fetch, start and replay */
  readonly recoveryMs: number
  readonly dataBytes: number
  readonly walBytes: number
  readonly checks: readonly Check[]
}

export function verdictOf(checks: readonly Check[]): SourceProof['verdict'] {
  return checks.some(({ verdict }) => verdict === 'failed') ? 'failed' : 'passed'
}
