import type { FollowOptions } from '@holdfast/connectors/postgresql/wal/follower'
import { parseLsn } from '@holdfast/connectors/postgresql/wal/lsn'
import type { Context } from '@holdfast/core/context'
import { isAppError } from '@holdfast/core/errors/app-error'
import type { Repository } from '@holdfast/repository/repository'
import { listPostgresBackups } from '../postgresql/list-backups.ts'
import { knownCluster } from './known-cluster.ts'

/**
 * Where the log of a source begins that has none yet: with its newest base backup, if the server still has the WAL since
 * then, so that nothing is missing between the two. And whose log it is: another cluster is refused.
 */
export async function followStart(
  repository: Repository,
  source: string,
  ctx: Context,
): Promise<Pick<FollowOptions, 'startAt' | 'systemIdentifier'>> {
  try {
    const { backups } = await listPostgresBackups(repository, source, ctx)
    const newest = backups.at(-1)?.manifest
    const lsn = newest && parseLsn(newest.startLsn)
    if (newest === undefined || lsn === undefined) return {}
    const systemIdentifier = (await knownCluster([repository], source, ctx)) ?? newest.server.systemIdentifier
    return { systemIdentifier, startAt: { timeline: newest.timeline, lsn } }
  } catch (error) {
    if (isAppError(error, 'SOURCE_NOT_IN_REPOSITORY')) return {}
    throw error
  }
}
