import type { Check } from '@holdfast/core/proof/check'

/** How long each part of a restore took, in milliseconds. */
export interface ProofPhases {
  /** base backup and WAL out of the repository */
  readonly fetchMs: number
  /** until the server accepted connections */
  readonly startMs: number
  /** from there until it had reached the target and took writes */
  readonly replayMs: number
  readonly checkMs: number
}

/** The evidence of one restore that was made to see whether it can be made. */
export interface Proof {
  readonly formatVersion: 1
  readonly source: string
  readonly type: 'postgresql'
  /** of the base backup */
  readonly snapshotId: string
  readonly repository: string
  readonly verdict: 'passed' | 'failed'
  /** what was asked for, for people */
  readonly target: string
  /** everything committed up to this instant came back, ISO 8601; absent for targets that are not times */
  readonly until?: string
  readonly startedAt: string
  readonly endedAt: string
  readonly phases: ProofPhases
  /** what a recovery takes until the service is back: fetch, start and replay */
  readonly recoveryMs: number
  readonly dataBytes: number
  readonly walBytes: number
  /** of the scratch server: "15.18" */
  readonly serverVersion: string
  readonly checks: readonly Check[]
}

export function verdictOf(checks: readonly Check[]): Proof['verdict'] {
  return checks.some(({ verdict }) => verdict === 'failed') ? 'failed' : 'passed'
}
