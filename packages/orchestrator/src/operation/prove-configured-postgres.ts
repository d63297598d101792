import type { PostgresWorkload, SourceSettings } from '@holdfast/core/config/effective-config'
import type { Context } from '@holdfast/core/context'
import type { Repository } from '@holdfast/repository/repository'
import { chooseInstant } from '../postgresql/choose-instant.ts'
import { provePostgres } from '../postgresql/prove.ts'
import type { SourceProof } from '../proof/source-proof.ts'
import type { Machine } from './machine.ts'

interface PostgresProofPlace {
  readonly source: SourceSettings
  readonly repository: Repository
  readonly target: 'newest' | 'random'
}

/** Proves a configured PostgreSQL source in a scratch server, with the assertions of its configuration. */
export async function proveConfiguredPostgres(
  { source, repository, target }: PostgresProofPlace,
  { assertions }: PostgresWorkload,
  machine: Machine,
  ctx: Context,
): Promise<SourceProof> {
  const stop =
    target === 'newest'
      ? ({ type: 'latest' } as const)
      : await chooseInstant(repository, source.name, () => machine.random(), ctx)
  return await provePostgres(
    repository,
    {
      source: source.name,
      target: { stop },
      targetText: stop.type === 'time' ? `random: ${stop.at}` : 'newest',
      expectation: { assertions, relations: [], unique: [] },
      binaries: { directories: [], path: machine.variable('PATH') ?? '' },
      sandboxParent: machine.temporaryDirectory,
      workers: machine.workers,
    },
    ctx,
  )
}
