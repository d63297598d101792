import type { MysqlWorkload, SourceSettings } from '@holdfast/core/config/effective-config'
import type { Context } from '@holdfast/core/context'
import type { Repository } from '@holdfast/repository/repository'
import { mysqlClientPlace } from '../mysql/mysql-client-place.ts'
import { proveMysqlSource } from '../mysql/prove-mysql-source.ts'
import type { SourceProof } from '../proof/source-proof.ts'
import type { Machine } from './machine.ts'

interface MysqlProofPlace {
  readonly source: SourceSettings
  readonly repository: Repository
  readonly target: 'newest' | 'random'
}

/** Proves a configured MySQL or MariaDB source in a scratch server, with the assertions of its configuration. */
export async function proveConfiguredMysql(
  { source, repository, target }: MysqlProofPlace,
  { assertions }: MysqlWorkload,
  machine: Machine,
  ctx: Context,
): Promise<SourceProof> {
  return await proveMysqlSource(
    repository,
    {
      source: source.name,
      at: target === 'newest' ? { type: 'latest' } : 'random',
      atText: 'newest',
      expectation: { assertions, relations: [], unique: [] },
      client: mysqlClientPlace([], (name) => machine.variable(name)),
      sandboxParent: machine.temporaryDirectory,
      workers: machine.workers,
      random: () => machine.random(),
    },
    ctx,
  )
}
