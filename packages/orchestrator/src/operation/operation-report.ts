import type { EffectiveConfig } from '@holdfast/core/config/effective-config'
import type { Catalogue } from '../catalogue/catalogue.ts'
import type { RunResult } from '../run/run.ts'
import type { Machine } from './machine.ts'
import type { RepositoryPool } from './repository-pool.ts'

/** What operations work with. */
export interface OperationSurroundings {
  readonly config: EffectiveConfig
  readonly catalogue: Catalogue
  readonly repositories: RepositoryPool
  readonly machine: Machine
}

/** What came of an operation that was done; one that could not be done throws. */
export interface OperationReport {
  /** `partial`: it counts, but something is missing, which the problems of the result name */
  readonly state: 'succeeded' | 'partial'
  readonly result: RunResult
}

/** Problems beyond this many are only counted. */
const problemsAtMost = 20

/** Partial when there are problems; only the first of them are kept. */
export function reportOf(result: RunResult, problems: readonly string[]): OperationReport {
  if (problems.length === 0) return { state: 'succeeded', result }
  const kept = problems.slice(0, problemsAtMost)
  const rest = problems.length - kept.length
  return { state: 'partial', result: { ...result, problems: rest === 0 ? kept : [...kept, `and ${rest} more`] } }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
