import { coverage } from '@holdfast/connectors/postgresql/wal/coverage'
import type { TargetPoint } from '@holdfast/connectors/postgresql/wal/recoverable-log'
import type { Context } from '@holdfast/core/context'
import type { Repository } from '@holdfast/repository/repository'
import { randomInstant } from './random-instant.ts'
import { readRecoveryMaterial } from './read-recovery-material.ts'

/**
 * An instant that nobody chose: what can be recovered only at the instants that people look at is not proven. The newest
 * one where there is no log. `random` gives numbers from 0 to below 1.
 */
export async function chooseInstant(
  repository: Repository,
  source: string,
  random: () => number,
  ctx: Context,
): Promise<TargetPoint> {
  const { recoverable } = await readRecoveryMaterial(repository, source, ctx)
  const instant = randomInstant(coverage(recoverable)?.ranges ?? [], random)
  return instant === undefined ? { type: 'latest' } : { type: 'time', at: instant }
}
