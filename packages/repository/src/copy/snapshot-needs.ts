import type { Context } from '@holdfast/core/context'
import type { BlobIndex } from '../engine/blob-index.ts'
import type { Repository } from '../repository.ts'
import { EntryBitmap } from '../tree/entry-bitmap.ts'
import type { TreeProblem } from '../tree/inspect-tree.ts'
import { findTypedEntry } from '../tree/typed-entry.ts'
import { visitTrees } from '../tree/visit-trees.ts'
import type { FailedBlob } from './transfer-job.ts'

/** What must be sent for a snapshot: entries of the source's index, and their sealed bytes. Or why it cannot be sent. */
export type NeededBlobs = { readonly entries: Uint32Array; readonly bytes: number } | { readonly reason: string }

/** Finds what snapshots need that the destination does not have; directories that they share are read once. */
export interface SnapshotNeeds {
  readonly index: BlobIndex
  /** What the tree needs, without what was found for an earlier one. */
  find(tree: string, ctx: Context): Promise<NeededBlobs>
  /** Blobs that turned out to be unreadable. */
  lose(blobs: readonly FailedBlob[]): void
  /** Which lost blob the tree needs, in words. */
  explainLoss(tree: string, ctx: Context): Promise<string | undefined>
}

/** @param present the destination's index */
export function createSnapshotNeeds(
  source: Repository,
  index: BlobIndex,
  present: BlobIndex,
  workers: number | undefined,
): SnapshotNeeds {
  // whatever whole snapshots need: a directory that is marked here is known to be complete
  let complete = EntryBitmap.create(index.size)
  const lost = new Map<number, string>()

  const visit = async (tree: string, seen: EntryBitmap, ctx: Context): Promise<string | undefined> => {
    const problems: TreeProblem[] = []
    const onProblem = (problem: TreeProblem): void => void problems.push(problem)
    await visitTrees(source, index, [tree], seen, { ...(workers === undefined ? {} : { workers }), onProblem }, ctx)
    const serious = problems.find(({ kind }) => kind !== 'node-invalid')
    return serious === undefined ? undefined : describeProblem(serious)
  }

  const explainLoss = async (tree: string, ctx: Context): Promise<string | undefined> => {
    if (lost.size === 0) return undefined
    const seen = EntryBitmap.create(index.size)
    const problem = await visit(tree, seen, ctx)
    if (problem !== undefined) return problem
    for (const [entry, reason] of lost) if (seen.has(entry)) return `blob ${index.idOf(entry)}: ${reason}`
    return undefined
  }

  return {
    index,
    explainLoss,
    lose(blobs) {
      for (const { entry, reason } of blobs) lost.set(entry, reason)
    },
    async find(tree, ctx) {
      const trial = EntryBitmap.attach(complete.shared.slice(0))
      const reason = (await visit(tree, trial, ctx)) ?? (await explainLoss(tree, ctx))
      if (reason !== undefined) return { reason }
      const isMissing = (entry: number): boolean => findTypedEntry(present, index.idOf(entry), index.isTree(entry)) < 0
      const entries = addedTo(trial, complete, isMissing)
      complete = trial
      return { entries, bytes: entries.reduce((sum, entry) => sum + index.lengthOf(entry), 0) }
    },
  }
}

/** What is in the larger set, not in the smaller one, and wanted; ascending. */
function addedTo(larger: EntryBitmap, smaller: EntryBitmap, isWanted: (entry: number) => boolean): Uint32Array {
  const [all, before] = [new Int32Array(larger.shared), new Int32Array(smaller.shared)]
  const added = new Uint32Array(larger.count() - smaller.count())
  let end = 0
  for (const [at, word] of all.entries()) {
    let bits = word & ~(before[at] ?? 0)
    while (bits !== 0) {
      const lowest = bits & -bits
      const entry = at * 32 + 31 - Math.clz32(lowest)
      if (isWanted(entry)) added[end++] = entry
      bits ^= lowest
    }
  }
  return added.slice(0, end)
}

function describeProblem(problem: TreeProblem): string {
  switch (problem.kind) {
    case 'tree-missing':
      return `tree ${problem.id} is in no index`
    case 'tree-damaged':
      return `tree ${problem.treeId}: ${problem.reason}`
    case 'blob-missing':
      return `blob ${problem.id} of ${JSON.stringify(problem.name)} is in no index`
    case 'node-invalid':
      return `tree ${problem.treeId}: ${problem.reason}`
  }
}
