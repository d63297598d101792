import type { PostgresWorkload, SourceSettings } from '@holdfast/core/config/effective-config'
import type { Context } from '@holdfast/core/context'
import type { Repository } from '@holdfast/repository/repository'
import { clientPlaceOf } from '../postgresql/client-place.ts'
import { proveSource } from '../postgresql/prove-source.ts'
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
  return await proveSource(
    repository,
    {
      source: source.name,
      at: target === 'newest' ? { type: 'latest' } : 'random',
      atText: 'newest',
      expectation: { assertions, relations: [], unique: [] },
      client: clientPlaceOf([], (name) => machine.variable(name)),
      sandboxParent: machine.temporaryDirectory,
      workers: machine.workers,
      random: () => machine.random(),
    },
    ctx,
  )
}
