import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import { zstdLevels } from '../engine/zstd.ts'
import { PackEntries } from '../check/pack-entries.ts'
import { openBlobTransfer } from '../copy/transfer-blobs.ts'
import type { Repository } from '../repository.ts'
import { listSnapshotIds } from '../snapshot/list-snapshots.ts'
import type { PruneFigures } from './decide-prune.ts'
import type { PrunePlan } from './plan-prune.ts'
import { createIndexWriter, rewriteIndex } from './rewrite-index.ts'
import { digestContent, listNames, listPacks, removeFiles } from './stored-files.ts'

export interface PruneReport {
  /** as planned */
  readonly figures: PruneFigures
  readonly packsRemoved: number
  readonly packsWritten: number
  /** of the new packs */
  readonly bytesWritten: number
  readonly blobsRepacked: number
  readonly indexesWritten: number
  readonly indexesRemoved: number
}

const work = 'prune'

/**
 * Does what a plan says. Every step leaves the repository whole: what is removed is needed by nothing that is still
 * named. A run that is cut off leaves unneeded files at most, which the next prune removes. Needs an exclusive lock.
 * @throws AppError PLAN_STALE when snapshots, indexes or packs are not those of the plan, REPOSITORY_DAMAGED when a blob
 * to be rewritten cannot be read, STORAGE_…, INTERRUPTED
 */
export async function executePrune(repository: Repository, plan: PrunePlan, ctx: Context): Promise<PruneReport> {
  await refuseStale(repository, plan, ctx)
  await removeFiles(repository, 'data', plan.removeUnindexed, work, ctx)
  const written = await repackBlobs(repository, plan, ctx)
  const gone = [...plan.remove, ...plan.repack]
  const drop = new Set([...gone, ...plan.forget])
  const indexes =
    plan.options.unsafeRecoverNoFreeSpace === true
      ? await recoverSpace(repository, plan, gone, drop, ctx)
      : await shrink(repository, plan, gone, drop, ctx)
  await repository.backend.flush(ctx)
  return {
    figures: plan.figures,
    packsRemoved: plan.removeUnindexed.length + gone.length,
    packsWritten: written.packs,
    bytesWritten: written.sizeBytes,
    blobsRepacked: plan.move.length,
    ...indexes,
  }
}

async function refuseStale(repository: Repository, plan: PrunePlan, ctx: Context): Promise<void> {
  const digest = digestContent(
    repository.config.id,
    await listSnapshotIds(repository, ctx),
    await listNames(repository, 'index', ctx),
    await listPacks(repository, ctx),
  )
  if (digest !== plan.digest) throw new AppError('PLAN_STALE', { plan: plan.digest.slice(0, 8) })
}

async function repackBlobs(
  repository: Repository,
  { index, move, options }: PrunePlan,
  ctx: Context,
): Promise<{ packs: number; sizeBytes: number }> {
  if (move.length === 0) return { packs: 0, sizeBytes: 0 }
  let [done, bytesDone, totalBytes] = [0, 0, 0]
  for (const entry of move) totalBytes += index.lengthOf(entry)
  const { packBytes, workers, repackUncompressed = false } = options
  await using transfer = await openBlobTransfer(
    repository,
    index,
    repository,
    {
      encoding: {
        version: repository.config.version,
        dataLevel: repackUncompressed ? zstdLevels.auto : undefined,
        keepFrames: true,
        always: repackUncompressed,
      },
      expectedBytes: totalBytes,
      ...(packBytes === undefined ? {} : { packBytes }),
      ...(workers === undefined ? {} : { workers }),
      onMoved(blobs, bytes) {
        done += blobs
        bytesDone += bytes
        ctx.emit({ type: 'work.progressed', work, unit: 'blobs', done, total: move.length, bytesDone, totalBytes })
      },
    },
    ctx,
  )
  const [failed] = await transfer.move(move)
  if (failed !== undefined) {
    const object = `blob ${index.idOf(failed.entry)} in pack ${index.place(failed.entry).packId}`
    throw new AppError('REPOSITORY_DAMAGED', { object, reason: `${failed.reason}; nothing that is needed was removed` })
  }
  return await transfer.finish()
}

interface IndexChange {
  readonly indexesWritten: number
  readonly indexesRemoved: number
}

async function shrink(
  repository: Repository,
  plan: PrunePlan,
  gone: readonly string[],
  drop: ReadonlySet<string>,
  ctx: Context,
): Promise<IndexChange> {
  let change: IndexChange = { indexesWritten: 0, indexesRemoved: 0 }
  if (drop.size > 0 || plan.indexedTwice) {
    const { written, removed } = await rewriteIndex(repository, { drop, work }, ctx)
    change = { indexesWritten: written, indexesRemoved: removed }
  }
  await removeFiles(repository, 'data', gone, work, ctx)
  return change
}

/** The last resort on a full store: frees before it writes. Until the end the index is only in memory. */
async function recoverSpace(
  repository: Repository,
  { index }: PrunePlan,
  gone: readonly string[],
  drop: ReadonlySet<string>,
  ctx: Context,
): Promise<IndexChange> {
  const names = await listNames(repository, 'index', ctx)
  await removeFiles(repository, 'index', names, work, ctx)
  await removeFiles(repository, 'data', gone, work, ctx)
  const writer = createIndexWriter(repository, ctx)
  const entries = PackEntries.create(index)
  for (const [pack, id] of index.packIds.entries()) {
    if (!drop.has(id)) await writer.add({ id, blobs: entries.blobsOf(pack) })
  }
  return { indexesWritten: (await writer.finish()).length, indexesRemoved: names.length }
}
