import type { Context } from '@holdfast/core/context'
import { loadIndex } from '../engine/load-index.ts'
import type { BlobIndex } from '../engine/blob-index.ts'
import type { Repository } from '../repository.ts'
import { listSnapshots } from '../snapshot/list-snapshots.ts'
import { collectUsedBlobs } from '../tree/collect-used-blobs.ts'
import { findTypedEntry } from '../tree/typed-entry.ts'
import { openRescue, totalBytes } from './salvage-blobs.ts'

export interface FetchedBlobs {
  readonly blobs: number
  readonly packs: number
  readonly sizeBytes: number
  /** blobs that snapshots need and that neither repository has */
  readonly missing: readonly { readonly id: string; readonly type: 'data' | 'tree' }[]
}

/**
 * Takes blobs that snapshots need, but that no index names, from a sibling. What a directory needs is known only once
 * the directory is back, so this goes on until nothing new turns up.
 * @throws AppError STORAGE_…, REPOSITORY_DAMAGED (an index or a snapshot), INTERRUPTED
 */
export async function fetchMissing(
  repository: Repository,
  sibling: Repository,
  siblingIndex: BlobIndex,
  work: string,
  ctx: Context,
): Promise<FetchedBlobs> {
  const snapshots = await listSnapshots(repository, { onUnreadable: () => {} }, ctx)
  const roots = snapshots.map(({ snapshot }) => snapshot.tree)
  const tried = new Set<number>()
  const sum = { blobs: 0, packs: 0, sizeBytes: 0 }
  for (;;) {
    const missing = await findMissing(repository, roots, ctx)
    const there = missing.map(({ id, type }) => findTypedEntry(siblingIndex, id, type === 'tree'))
    const entries = Uint32Array.from(new Set(there.filter((entry) => entry >= 0 && !tried.has(entry)))).sort()
    if (entries.length === 0) return { ...sum, missing }
    for (const entry of entries) tried.add(entry)
    const expectedBytes = totalBytes(siblingIndex, entries)
    await using transfer = await openRescue(sibling, siblingIndex, repository, expectedBytes, work, ctx)
    const failed = await transfer.move(entries)
    const { packs, sizeBytes } = await transfer.finish()
    sum.blobs += entries.length - failed.length
    sum.packs += packs
    sum.sizeBytes += sizeBytes
  }
}

async function findMissing(
  repository: Repository,
  roots: readonly string[],
  ctx: Context,
): Promise<FetchedBlobs['missing']> {
  const index = await loadIndex(repository, ctx)
  const { problems } = await collectUsedBlobs(repository, index, roots, {}, ctx)
  const found = new Map<string, { id: string; type: 'data' | 'tree' }>()
  for (const problem of problems) {
    if (problem.kind === 'blob-missing') found.set(`data ${problem.id}`, { id: problem.id, type: 'data' })
    if (problem.kind === 'tree-missing') found.set(`tree ${problem.id}`, { id: problem.id, type: 'tree' })
  }
  return [...found.values()]
}
