import type { Context } from '@holdfast/core/context'
import { throwIfInterrupted } from '@holdfast/storage/interruption'
import type { BlobIndex } from '../engine/blob-index.ts'
import { loadIndex } from '../engine/load-index.ts'
import { encodeSnapshot, type Snapshot } from '../format/snapshot.ts'
import { sha256 } from '../engine/sha256.ts'
import { writeUnpacked } from '../open/unpacked-files.ts'
import { removeFiles } from '../prune/stored-files.ts'
import type { Repository } from '../repository.ts'
import { changeTags } from '../snapshot/tag-snapshots.ts'
import { compareSimilar } from '../snapshot/compare-similar.ts'
import { listSnapshots } from '../snapshot/list-snapshots.ts'
import type { ListedSnapshot } from '../snapshot/listed-snapshot.ts'
import { EntryBitmap } from '../tree/entry-bitmap.ts'
import { visitTrees } from '../tree/visit-trees.ts'
import { type Mending, TreeMender } from './mend-tree.ts'
import { createTreePackWriter } from './tree-pack-writer.ts'

export interface RepairSnapshotsOptions {
  /** remove the snapshots that were replaced, and those of which nothing is left */
  readonly forget?: boolean
  readonly dryRun?: boolean
}

export interface RepairedSnapshot {
  readonly id: string
  /** `unreadable`: not even its root directory can be read, so there is nothing to mend */
  readonly outcome: 'mended' | 'unreadable'
  /** of the snapshot that takes its place; absent in a dry run */
  readonly newId?: string
  readonly removed: boolean
  /** each damaged directory is named once, under the first snapshot that has it */
  readonly mendings: readonly Mending[]
}

export interface RepairSnapshotsReport {
  /** sound snapshots are not named */
  readonly snapshots: readonly RepairedSnapshot[]
  readonly sound: number
  readonly treesWritten: number
}

const work = 'repair snapshots'
/** restic's mark of a mended snapshot whose first version was kept. */
const repairedTag = 'repaired'

/**
 * Makes new snapshots without what is lost: directories that cannot be read become empty, files lose the missing parts of
 * their content. The index must be right (`repairIndex`). Old snapshots stay unless `forget` is given. Needs an
 * exclusive lock.
 * @param snapshots listed before
 * @throws AppError STORAGE_…, REPOSITORY_DAMAGED (an index), INTERRUPTED
 */
export async function repairSnapshots(
  repository: Repository,
  snapshots: readonly ListedSnapshot[],
  { forget = false, dryRun = false }: RepairSnapshotsOptions,
  ctx: Context,
): Promise<RepairSnapshotsReport> {
  const index = await loadIndex(repository, ctx)
  const broken = await findBroken(repository, index, snapshots, ctx)
  const writer = createTreePackWriter(repository, index)
  const store = dryRun ? (tree: Buffer): Promise<string> => Promise.resolve(sha256(tree)) : writer.add
  const mender = new TreeMender(repository, index, store)
  const mended: { listed: ListedSnapshot; tree: string | undefined; mendings: readonly Mending[] }[] = []
  for (const [at, listed] of broken.entries()) {
    throwIfInterrupted(ctx)
    ctx.emit({ type: 'work.progressed', work, unit: 'snapshots', done: at, total: broken.length })
    const { id: tree, mendings } = await mender.mend(listed.snapshot.tree, '/', ctx)
    if (tree !== listed.snapshot.tree) mended.push({ listed, tree, mendings })
  }
  const { trees } = dryRun ? { trees: 0 } : await writer.finish(ctx)
  const present = dryRun || mended.length === 0 ? [] : await listSnapshots(repository, { onUnreadable: () => {} }, ctx)
  const repaired: RepairedSnapshot[] = []
  for (const { listed, tree, mendings } of mended) {
    const newId =
      dryRun || tree === undefined ? undefined : await replace(repository, listed, tree, forget, present, ctx)
    const removed = forget && !dryRun
    if (removed) {
      await repository.backend.flush(ctx)
      await removeFiles(repository, 'snapshot', [listed.id], work, ctx)
    }
    const outcome = tree === undefined ? 'unreadable' : 'mended'
    repaired.push({ id: listed.id, outcome, ...(newId === undefined ? {} : { newId }), removed, mendings })
  }
  await repository.backend.flush(ctx)
  return { snapshots: repaired, sound: snapshots.length - mended.length, treesWritten: trees }
}

/** The snapshots of which any directory has a problem; sound directories that they share are read once. */
async function findBroken(
  repository: Repository,
  index: BlobIndex,
  snapshots: readonly ListedSnapshot[],
  ctx: Context,
): Promise<ListedSnapshot[]> {
  let sound = EntryBitmap.create(index.size)
  const broken: ListedSnapshot[] = []
  for (const listed of snapshots) {
    throwIfInterrupted(ctx)
    const trial = EntryBitmap.attach(sound.shared.slice(0))
    let problems = 0
    const onProblem = (): void => void problems++
    await visitTrees(repository, index, [listed.snapshot.tree], trial, { onProblem }, ctx)
    if (problems > 0) broken.push(listed)
    else sound = trial
  }
  return broken
}

/** Stores the mended snapshot, unless an earlier run that was cut off did. */
async function replace(
  repository: Repository,
  { id, snapshot }: ListedSnapshot,
  tree: string,
  forget: boolean,
  present: readonly ListedSnapshot[],
  ctx: Context,
): Promise<string> {
  const tags = forget ? snapshot.tags : changeTags(snapshot.tags, { add: [repairedTag], remove: [] })
  const mended: Snapshot = { ...snapshot, tree, tags, original: id }
  const found = present.find((each) => each.snapshot.original === id && compareSimilar(each.snapshot, mended))
  return found?.id ?? (await writeUnpacked(repository, 'snapshot', encodeSnapshot(mended), ctx))
}
