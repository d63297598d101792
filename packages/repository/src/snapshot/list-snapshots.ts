import type { Context } from '@holdfast/core/context'
import { type AppError, isAppError } from '@holdfast/core/errors/app-error'
import { parseSnapshot } from '../format/snapshot.ts'
import { fileLabel, readUnpacked } from '../open/unpacked-files.ts'
import type { Repository } from '../repository.ts'
import { compareByTime, type ListedSnapshot } from './listed-snapshot.ts'
import { matchesFilter, type SnapshotFilter } from './snapshot-filter.ts'

export interface ListSnapshotsOptions extends SnapshotFilter {
  /** told of each snapshot file that cannot be read, instead of failing at the first */
  readonly onUnreadable?: (id: string, error: AppError) => void
}

/**
 * The snapshots that a filter selects, oldest first. Files are read in parallel, as many at once as suits the backend.
 * One that another process removes meanwhile is left out.
 * @throws AppError REPOSITORY_DAMAGED naming the snapshot, STORAGE_…
 */
export async function listSnapshots(
  repository: Repository,
  options: ListSnapshotsOptions,
  ctx: Context,
): Promise<ListedSnapshot[]> {
  const ids = await listSnapshotIds(repository, ctx)
  const listed = await readSnapshots(repository, ids, options, ctx)
  return listed.filter(({ snapshot }) => matchesFilter(snapshot, options)).toSorted(compareByTime)
}

/** The ids of all snapshots, sorted; reads no file. */
export async function listSnapshotIds(repository: Repository, ctx: Context): Promise<string[]> {
  const ids = new Set<string>()
  for await (const { name } of repository.backend.list('snapshot', ctx)) ids.add(name)
  return [...ids].toSorted()
}

/** @throws AppError REPOSITORY_DAMAGED, STORAGE_FILE_MISSING, STORAGE_… */
export async function readSnapshot(repository: Repository, id: string, ctx: Context): Promise<ListedSnapshot> {
  const file = { type: 'snapshot', name: id } as const
  return { id, snapshot: parseSnapshot(await readUnpacked(repository, file, ctx), fileLabel(file)) }
}

async function readSnapshots(
  repository: Repository,
  ids: readonly string[],
  { onUnreadable }: ListSnapshotsOptions,
  ctx: Context,
): Promise<ListedSnapshot[]> {
  const found: ListedSnapshot[] = []
  const missing: { id: string; error: AppError }[] = []
  const queue = ids.values()
  const readQueued = async (): Promise<void> => {
    for (const id of queue) {
      ctx.signal.throwIfAborted()
      try {
        found.push(await readSnapshot(repository, id, ctx))
      } catch (error) {
        if (isAppError(error, 'STORAGE_FILE_MISSING')) missing.push({ id, error })
        else if (isAppError(error, 'REPOSITORY_DAMAGED') && onUnreadable !== undefined) onUnreadable(id, error)
        else throw error
      }
    }
  }
  await Promise.all(Array.from({ length: Math.max(1, repository.backend.traits.connections) }, readQueued))
  await explainMissing(repository, missing, onUnreadable, ctx)
  return found
}

/** A file that was listed but is not there was removed by another process, unless it is still listed. */
async function explainMissing(
  repository: Repository,
  missing: readonly { id: string; error: AppError }[],
  onUnreadable: ListSnapshotsOptions['onUnreadable'],
  ctx: Context,
): Promise<void> {
  if (missing.length === 0) return
  const present = new Set(await listSnapshotIds(repository, ctx))
  for (const { id, error } of missing) {
    if (!present.has(id)) continue
    if (onUnreadable === undefined) throw error
    onUnreadable(id, error)
  }
}
