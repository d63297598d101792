import { coverage, type MysqlCoverage } from '@holdfast/connectors/mysql/recovery/coverage'
import type { Context } from '@holdfast/core/context'
import type { Repository } from '@holdfast/repository/repository'
import { baseOf } from './list-mysql-backups.ts'
import { readMysqlMaterial } from './read-mysql-material.ts'

/** What of a source can be recovered from a repository. */
export interface MysqlSourceCoverage {
  readonly source: string
  readonly location: string
  readonly coverage: MysqlCoverage | undefined
  readonly backups: number
  readonly slices: number
  /** before deduplication and compression */
  readonly logBytes: number
  /** how long ago the newest recoverable instant is, by this machine's clock */
  readonly recoveryPointAgeMs: number | undefined
}

/** Fails with SOURCE_NOT_IN_REPOSITORY when there is no backup of the source. */
export async function readMysqlCoverage(
  repository: Repository,
  source: string,
  ctx: Context,
): Promise<MysqlSourceCoverage> {
  const { backups, slices, logBytes } = await readMysqlMaterial(repository, source, ctx)
  const found = coverage(backups.map(baseOf), slices)
  return {
    source,
    location: repository.backend.location,
    coverage: found,
    backups: backups.length,
    slices: slices.length,
    logBytes,
    recoveryPointAgeMs: found && Math.max(0, ctx.now().getTime() - Date.parse(found.newest)),
  }
}
