import { coverage, type Coverage } from '@holdfast/connectors/postgresql/wal/coverage'
import type { Context } from '@holdfast/core/context'
import type { Repository } from '@holdfast/repository/repository'
import { readRecoveryMaterial } from '../postgresql/read-recovery-material.ts'

/** What of a source can be recovered from a repository. */
export interface SourceCoverage {
  readonly source: string
  readonly location: string
  /** undefined: there are base backups, but none can be brought to a consistent state */
  readonly coverage: Coverage | undefined
  readonly baseBackups: number
  readonly walFiles: number
  /** before deduplication and compression */
  readonly walBytes: number
  /** how long ago the newest recoverable instant is, by this machine's clock */
  readonly recoveryPointAgeMs: number | undefined
}

/** Fails with SOURCE_NOT_IN_REPOSITORY when there is no base backup of the source. */
export async function readCoverage(
  repository: Repository,
  source: string,
  timeline: number | 'latest',
  ctx: Context,
): Promise<SourceCoverage> {
  const { recoverable, log } = await readRecoveryMaterial(repository, source, ctx)
  const found = coverage(recoverable, timeline)
  const files = await log.allFiles(ctx)
  return {
    source,
    location: repository.backend.location,
    coverage: found,
    baseBackups: recoverable.bases.length,
    walFiles: recoverable.segments.length,
    walBytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    recoveryPointAgeMs: found && Math.max(0, ctx.now().getTime() - Date.parse(found.newest)),
  }
}
