import { parseLsn } from '@holdfast/connectors/postgresql/wal/lsn'
import type { Context } from '@holdfast/core/context'
import type { LogLockOptions } from '@holdfast/repository/log/log-keeper'
import type { LogSettings } from '@holdfast/repository/log/batch-file'
import { trimLog, type TrimReport } from '@holdfast/repository/log/trim-log'
import type { Repository } from '@holdfast/repository/repository'
import { listSnapshots } from '@holdfast/repository/snapshot/list-snapshots'
import { listPostgresBackups } from '../postgresql/list-backups.ts'
import { segmentFactsOf, walPlace } from './wal-log.ts'

/**
 * Drops the WAL that no base backup needs any more: whatever ended before the oldest one that is left began. Positions
 * only grow, over timelines too, so the oldest beginning holds for all of them. History files are kept: they are small,
 * and say how timelines hang together. Without any base backup nothing is dropped.
 */
export async function trimWal(
  repository: Repository,
  source: string,
  options: { readonly settings: LogSettings; readonly lock: LogLockOptions | 'held'; readonly dryRun: boolean },
  ctx: Context,
): Promise<TrimReport> {
  const oldest = await oldestStart(repository, source, ctx)
  if (oldest === undefined) return { files: 0, bytes: 0 }
  return await trimLog(
    repository,
    walPlace(source),
    (file) => {
      const facts = segmentFactsOf(file)
      return facts === undefined || (parseLsn(facts.endLsn) ?? 0n) > oldest
    },
    options,
    ctx,
  )
}

/** A base backup whose manifest cannot be read might need all of it: then nothing is dropped. */
async function oldestStart(repository: Repository, source: string, ctx: Context): Promise<bigint | undefined> {
  const tags = ['physical', 'direct'].map((method) => ['type=postgresql', `source=${source}`, `method=${method}`])
  const snapshots = await listSnapshots(repository, { tags }, ctx)
  if (snapshots.length === 0) return undefined
  const { backups } = await listPostgresBackups(repository, source, ctx)
  const readable = new Set(backups.map(({ snapshot }) => snapshot.id))
  if (!snapshots.every(({ id }) => readable.has(id))) return undefined
  const starts = backups.map(({ manifest }) => parseLsn(manifest.startLsn) ?? 0n)
  return starts.reduce((least, start) => (start < least ? start : least))
}
