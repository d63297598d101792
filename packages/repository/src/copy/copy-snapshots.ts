import type { Context } from '@holdfast/core/context'
import { throwIfInterrupted } from '@holdfast/storage/interruption'
import { loadIndex } from '../engine/load-index.ts'
import { zstdLevels } from '../engine/zstd.ts'
import { encodeSnapshot } from '../format/snapshot.ts'
import { writeUnpacked } from '../open/unpacked-files.ts'
import type { Repository } from '../repository.ts'
import { createCopyFinder, originOf } from '../snapshot/compare-similar.ts'
import { listSnapshots } from '../snapshot/list-snapshots.ts'
import { compareByTime, type ListedSnapshot } from '../snapshot/listed-snapshot.ts'
import { createSnapshotNeeds, type SnapshotNeeds } from './snapshot-needs.ts'
import { type BlobTransfer, defaultPackBytes, openBlobTransfer } from './transfer-blobs.ts'

export interface CopyOptions {
  /** how data is compressed that the source has uncompressed; blobs that are compressed stay as they are */
  readonly compression: 'auto' | 'off' | 'fastest' | 'better' | 'max'
  /** compress anew what the source has compressed already */
  readonly recompress?: boolean
  readonly dryRun?: boolean
  /** target size of new packs, 16 MiB unless given */
  readonly packBytes?: number
  /** threads, 4 unless given */
  readonly workers?: number
}

export interface CopiedSnapshot {
  readonly sourceId: string
  /** `present`: a similar snapshot was there; `failed`: something it needs cannot be read; `planned`: a dry run */
  readonly outcome: 'copied' | 'present' | 'failed' | 'planned'
  readonly destinationId?: string
  readonly reason?: string
}

export interface CopyReport {
  /** oldest first */
  readonly snapshots: readonly CopiedSnapshot[]
  readonly blobs: number
  /** sealed, as the source has them */
  readonly bytes: number
  readonly packsWritten: number
  readonly bytesWritten: number
  /** Both repositories cut files in the same places: what is backed up to both later is shared. */
  readonly samePolynomial: boolean
}

/** A batch is stored, and its snapshots appear, once it has so many packs' worth of data and has taken so long. */
const packsPerBatch = 100
const batchMs = 60_000

interface Copy {
  readonly source: Repository
  readonly destination: Repository
  readonly options: CopyOptions
  readonly needs: SnapshotNeeds
  readonly results: Map<string, CopiedSnapshot>
  /** so far, for those who watch */
  readonly moved: { blobs: number; bytes: number }
  readonly totals: { blobs: number; bytes: number; packsWritten: number; bytesWritten: number }
}

/**
 * Copies snapshots with everything they need. Those of which the destination has a similar one are left out; blobs that
 * it has are not sent. Each snapshot appears after all its data is durable. A run that was cut off goes on where it
 * was. Needs a shared lock on both.
 * @param snapshots of the source, listed before
 * @throws AppError STORAGE_…, REPOSITORY_DAMAGED (an index), INTERRUPTED
 */
export async function copySnapshots(
  source: Repository,
  destination: Repository,
  snapshots: readonly ListedSnapshot[],
  options: CopyOptions,
  ctx: Context,
): Promise<CopyReport> {
  const findCopy = createCopyFinder(await listSnapshots(destination, {}, ctx))
  const [index, present] = [await loadIndex(source, ctx), await loadIndex(destination, ctx)]
  const needs = createSnapshotNeeds(source, index, present, options.workers)
  const totals = { blobs: 0, bytes: 0, packsWritten: 0, bytesWritten: 0 }
  const copy: Copy = { source, destination, options, needs, results: new Map(), moved: { blobs: 0, bytes: 0 }, totals }
  const order = snapshots.toSorted(compareByTime)
  const queue: ListedSnapshot[] = []
  for (const listed of order) {
    const similar = findCopy(listed)
    if (similar === undefined) queue.push(listed)
    else copy.results.set(listed.id, { sourceId: listed.id, outcome: 'present', destinationId: similar.id })
  }
  const remaining = queue.values()
  while (await copyBatch(copy, remaining, queue.length, ctx));
  return {
    snapshots: order.flatMap(({ id }) => copy.results.get(id) ?? []),
    ...totals,
    samePolynomial: source.config.chunkerPolynomial === destination.config.chunkerPolynomial,
  }
}

/** Copies some snapshots from the queue; false when it was empty. */
async function copyBatch(copy: Copy, queue: Iterator<ListedSnapshot>, total: number, ctx: Context): Promise<boolean> {
  const { needs, results, options, totals } = copy
  const startedMs = ctx.now().getTime()
  const batch: ListedSnapshot[] = []
  let batchBytes = 0
  let transfer: BlobTransfer | undefined
  await using opened: AsyncDisposable = { [Symbol.asyncDispose]: async () => transfer?.[Symbol.asyncDispose]() }
  void opened
  const isFull = (): boolean =>
    batchBytes >= packsPerBatch * (options.packBytes ?? defaultPackBytes) && ctx.now().getTime() - startedMs >= batchMs
  let next = queue.next()
  for (; next.done !== true; next = queue.next()) {
    throwIfInterrupted(ctx)
    const listed = next.value
    const needed = await needs.find(listed.snapshot.tree, ctx)
    if ('reason' in needed) {
      fail(copy, listed, needed.reason, ctx)
      continue
    }
    totals.blobs += needed.entries.length
    totals.bytes += needed.bytes
    batchBytes += needed.bytes
    if (options.dryRun === true) {
      results.set(listed.id, { sourceId: listed.id, outcome: 'planned' })
      continue
    }
    batch.push(listed)
    if (needed.entries.length > 0) {
      transfer ??= await openTransfer(copy, needed.bytes, ctx)
      needs.lose(await transfer.move(needed.entries))
    }
    ctx.emit({ type: 'work.progressed', work: 'copy', unit: 'snapshots', done: results.size + batch.length, total })
    if (isFull()) break
  }
  if (transfer !== undefined) {
    const stored = await transfer.finish()
    totals.packsWritten += stored.packs
    totals.bytesWritten += stored.sizeBytes
  }
  for (const listed of batch) await writeCopy(copy, listed, ctx)
  await copy.destination.backend.flush(ctx)
  return next.done !== true
}

function openTransfer(copy: Copy, expectedBytes: number, ctx: Context): Promise<BlobTransfer> {
  const { source, destination, needs, options, moved } = copy
  const { compression, recompress = false, packBytes, workers } = options
  const { version } = destination.config
  const dataLevel = version === 1 || compression === 'off' ? undefined : zstdLevels[compression]
  return openBlobTransfer(
    source,
    needs.index,
    destination,
    {
      encoding: { version, dataLevel, keepFrames: !recompress, always: false },
      // what later snapshots of the batch need is not known yet
      expectedBytes: Math.max(expectedBytes, 1 << 25),
      ...(packBytes === undefined ? {} : { packBytes }),
      ...(workers === undefined ? {} : { workers }),
      onMoved(blobs, bytes) {
        moved.blobs += blobs
        moved.bytes += bytes
        const [done, bytesDone] = [moved.blobs, moved.bytes]
        ctx.emit({ type: 'work.progressed', work: 'copy', unit: 'blobs', done, bytesDone })
      },
    },
    ctx,
  )
}

/** The snapshot as it is, except that its parent, which may not be here, is not named, and its first version is. */
async function writeCopy(copy: Copy, listed: ListedSnapshot, ctx: Context): Promise<void> {
  const { destination, needs, results } = copy
  const problem = await needs.explainLoss(listed.snapshot.tree, ctx)
  if (problem !== undefined) return fail(copy, listed, problem, ctx)
  const { parent: _parent, ...snapshot } = listed.snapshot
  const copied = { ...snapshot, original: originOf(listed) }
  const destinationId = await writeUnpacked(destination, 'snapshot', encodeSnapshot(copied), ctx)
  results.set(listed.id, { sourceId: listed.id, outcome: 'copied', destinationId })
}

function fail({ results }: Copy, { id }: ListedSnapshot, reason: string, ctx: Context): void {
  results.set(id, { sourceId: id, outcome: 'failed', reason })
  ctx.emit({ type: 'item.failed', during: 'copy', item: `snapshot ${id.slice(0, 8)}`, error: reason })
}
