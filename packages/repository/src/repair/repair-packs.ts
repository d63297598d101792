import { open } from 'node:fs/promises'
import { join } from 'node:path'
import type { Context } from '@holdfast/core/context'
import { AppError, isAppError } from '@holdfast/core/errors/app-error'
import { throwIfInterrupted } from '@holdfast/storage/interruption'
import type { BlobIndex } from '../engine/blob-index.ts'
import { loadIndex } from '../engine/load-index.ts'
import { rewriteIndex } from '../prune/rewrite-index.ts'
import { listPacks, removeFiles } from '../prune/stored-files.ts'
import type { Repository } from '../repository.ts'
import { describeLost, distinctEntries, indexOfPacks, type LostBlob, openRescue, totalBytes } from './salvage-blobs.ts'

export interface RepairPacksOptions {
  /** where a copy of each pack file is put, as `pack-<id>`, before it is removed; undefined: none is made */
  readonly copyDirectory?: string
  readonly dryRun?: boolean
}

export interface RepairPacksReport {
  /** the packs that were (or, in a dry run, would be) taken out of the repository */
  readonly packs: readonly string[]
  /** in a dry run: how many are supposed to be in the packs */
  readonly blobsSaved: number
  /** unreadable, and in no other pack either */
  readonly lost: readonly LostBlob[]
  readonly packsWritten: number
  readonly bytesWritten: number
  /** paths of the copies */
  readonly copies: readonly string[]
}

const work = 'repair packs'

/**
 * Saves what is readable of damaged packs into new ones, and removes them. Data is lost where nothing else has it; the
 * copies of the pack files are the last resort. Needs an exclusive lock.
 * @param packIds full ids
 * @throws AppError ARGUMENT_INVALID for a pack that neither the store nor the index knows, STORAGE_…, INTERRUPTED
 */
export async function repairPacks(
  repository: Repository,
  packIds: readonly string[],
  { copyDirectory, dryRun = false }: RepairPacksOptions,
  ctx: Context,
): Promise<RepairPacksReport> {
  const index = await loadIndex(repository, ctx)
  const sizes = await listPacks(repository, ctx)
  const packs = new Set(packIds)
  for (const id of packs) refuseUnknown(id, index, sizes)
  const content = await indexOfPacks(repository, index, packs, sizes, ctx)
  const entries = distinctEntries(content)
  const nothing = { lost: [], packsWritten: 0, bytesWritten: 0, copies: [] }
  if (dryRun) return { packs: [...packs], blobsSaved: entries.length, ...nothing }
  const copies = copyDirectory === undefined ? [] : await copyPacks(repository, packs, sizes, copyDirectory, ctx)
  await using rescue = await openRescue(repository, content, repository, totalBytes(content, entries), work, ctx)
  const failed = await rescue.move(entries)
  const stored = await rescue.finish()
  await rewriteIndex(repository, { drop: packs, work }, ctx)
  const present = [...packs].filter((id) => sizes.has(id))
  await removeFiles(repository, 'data', present, work, ctx)
  await repository.backend.flush(ctx)
  const lost = failed.filter(({ entry }) => !isElsewhere(content.idOf(entry), content.isTree(entry), index, packs))
  return {
    packs: [...packs],
    blobsSaved: entries.length - failed.length,
    lost: lost.map((each) => describeLost(content, each)),
    packsWritten: stored.packs,
    bytesWritten: stored.sizeBytes,
    copies,
  }
}

function refuseUnknown(id: string, index: BlobIndex, sizes: ReadonlyMap<string, number>): void {
  if (sizes.has(id) || index.packIds.includes(id)) return
  const reason = 'the repository has no such pack; give full ids'
  throw new AppError('ARGUMENT_INVALID', { name: 'pack', value: id, reason })
}

/** Whether the index names the blob in a pack other than these. */
function isElsewhere(id: string, isTree: boolean, index: BlobIndex, packs: ReadonlySet<string>): boolean {
  return index.locateAll(id).some((place) => place.isTree === isTree && !packs.has(place.packId))
}

async function copyPacks(
  { backend }: Repository,
  packs: ReadonlySet<string>,
  sizes: ReadonlyMap<string, number>,
  directory: string,
  ctx: Context,
): Promise<string[]> {
  const copies: string[] = []
  for (const id of packs) {
    throwIfInterrupted(ctx)
    if (!sizes.has(id)) continue
    const path = join(directory, `pack-${id}`)
    try {
      await writeCopy(path, await backend.read({ type: 'data', name: id }, undefined, ctx))
      copies.push(path)
    } catch (error) {
      if (!isAppError(error) || error.code === 'INTERRUPTED' || error.code === 'TARGET_UNUSABLE') throw error
      // nothing of it can be read, so there is nothing to keep
      ctx.emit({ type: 'item.failed', during: 'copy', item: `pack ${id}`, error: error.message })
    }
  }
  return copies
}

async function writeCopy(path: string, bytes: Uint8Array): Promise<void> {
  try {
    await using file = await open(path, 'wx', 0o600)
    await file.writeFile(bytes)
    await file.sync()
  } catch (error) {
    const reason = `the copy of a damaged pack cannot be written: ${String(error)}`
    throw new AppError('TARGET_UNUSABLE', { target: path, reason }, { cause: error })
  }
}
