import { parseBackupManifest } from '@holdfast/connectors/postgresql/backup/parse-backup-manifest'
import type { Context } from '@holdfast/core/context'
import { isAppError } from '@holdfast/core/errors/app-error'
import { readLog } from '@holdfast/repository/log/read-log'
import type { Repository } from '@holdfast/repository/repository'
import { listSnapshots } from '@holdfast/repository/snapshot/list-snapshots'
import { openTrees } from '@holdfast/repository/tree/open-trees'
import { readSnapshotFile } from '../backup/snapshot-file.ts'
import { isPhysical } from '../postgresql/list-backups.ts'
import { segmentFactsOf, walPlace } from './wal-log.ts'

/**
 * The system identifier of the cluster that a source is, as its log says, or else its newest base backup, in the first of
 * the repositories that tells; undefined when there is neither, or it may not be read here.
 */
export async function knownCluster(
  repositories: readonly Repository[],
  source: string,
  ctx: Context,
): Promise<string | undefined> {
  for (const repository of repositories) {
    const cluster = await clusterIn(repository, source, ctx)
    if (cluster !== undefined) return cluster
  }
  return undefined
}

async function clusterIn(repository: Repository, source: string, ctx: Context): Promise<string | undefined> {
  try {
    return (await clusterOfLog(repository, source, ctx)) ?? (await clusterOfBase(repository, source, ctx))
  } catch (error) {
    // whoever may only add to a repository, or finds this in an archive, can still back up
    if (!isAppError(error) || error.code === 'INTERRUPTED') throw error
    return undefined
  }
}

async function clusterOfBase(repository: Repository, source: string, ctx: Context): Promise<string | undefined> {
  const snapshots = await listSnapshots(repository, {}, ctx)
  const newest = snapshots.findLast(({ snapshot: { tags } }) => {
    return tags.includes('type=postgresql') && tags.includes(`source=${source}`) && isPhysical(tags)
  })
  if (newest === undefined) return undefined
  const opened = await openTrees(repository, ctx)
  const bytes = await readSnapshotFile(opened, newest, `postgresql/${source}/manifest.json`, ctx)
  return parseBackupManifest(bytes).server.systemIdentifier
}

/** The cluster that wrote the newest segment of a source's log. */
async function clusterOfLog(repository: Repository, source: string, ctx: Context): Promise<string | undefined> {
  const log = await readLog(repository, walPlace(source), ctx)
  for (const folder of log.folders.toReversed()) {
    for (const file of (await log.files(folder, ctx)).toReversed()) {
      const facts = segmentFactsOf(file)
      if (facts !== undefined) return facts.systemIdentifier
    }
  }
  return undefined
}
