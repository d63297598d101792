import type { Context } from '@holdfast/core/context'
import type { BlobIndex } from '../engine/blob-index.ts'
import type { Repository } from '../repository.ts'
import type { ListedSnapshot } from '../snapshot/listed-snapshot.ts'
import { findTypedEntry } from '../tree/typed-entry.ts'
import { checkData } from './check-data.ts'
import { checkIndexes } from './check-indexes.ts'
import type { CheckOptions, CheckReport } from './check-options.ts'
import { checkPacks } from './check-packs.ts'
import { checkConfigAndKeys, checkSnapshots } from './check-small-files.ts'
import { checkTrees } from './check-trees.ts'
import { leaveArchived } from './leave-archived.ts'
import { choosePacks } from './choose-packs.ts'
import { createFindingCollector } from './finding-collector.ts'
import { PackEntries } from './pack-entries.ts'

const defaultWorkers = 4

/**
 * Checks a repository: every small file, that the index and the packs fit each other, that every directory of every
 * snapshot is there with all it needs, and, as far as asked for, every byte of the packs. What is wrong is reported, not
 * thrown. The caller holds the lock.
 * @throws AppError ARGUMENT_INVALID, STORAGE_… when the storage cannot be reached, INTERRUPTED
 */
export async function check(repository: Repository, options: CheckOptions, ctx: Context): Promise<CheckReport> {
  const { readData, workers = defaultWorkers, unused = false, random } = options
  choosePacks([], readData, random)
  const collector = createFindingCollector(options.onFinding)
  const { report } = collector
  await checkConfigAndKeys(repository, report, ctx)
  // before the index, so that whatever a listed snapshot needs is in the index by now
  const snapshots = await checkSnapshots(repository, report, ctx)
  const { index, leaving, files } = await checkIndexes(repository, report, ctx)
  const entries = PackEntries.create(index)
  const { present, total } = await checkPacks(repository, index, entries, leaving, report, ctx)
  const { readable: chosen, packsArchived } = await leaveArchived(
    repository,
    present,
    choosePacks(present, readData, random),
    ctx,
  )
  const data = await checkData(repository, index, entries, chosen, workers, report, ctx)
  // Where every pack was read and every tree found sound, with all that it refers to, nothing is left to walk for. A tree
  // that is not sound may be one that no snapshot needs any more: only the walk can tell.
  const proven =
    readData === 'all' &&
    packsArchived === 0 &&
    collector.errors() === 0 &&
    !data.treeTrouble &&
    rootsExist(index, snapshots)
  const trees =
    proven && !unused
      ? countTrees(index)
      : await checkTrees(repository, index, snapshots, { workers, unused }, report, ctx)
  return {
    ...collector.result(),
    snapshots: snapshots.length,
    indexes: files,
    packs: total,
    blobs: index.size,
    trees,
    packsRead: chosen.length,
    bytesRead: data.bytesRead,
    packsArchived,
  }
}

function rootsExist(index: BlobIndex, snapshots: readonly ListedSnapshot[]): boolean {
  return snapshots.every(({ snapshot }) => findTypedEntry(index, snapshot.tree, true) >= 0)
}

function countTrees(index: BlobIndex): number {
  let count = 0
  for (let entry = 0; entry < index.size; entry++) if (index.isTree(entry)) count++
  return count
}
