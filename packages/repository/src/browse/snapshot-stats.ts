import { hash } from 'node:crypto'
import type { Context } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import type { BlobIndex } from '../engine/blob-index.ts'
import type { Node } from '../format/node.ts'
import type { Repository } from '../repository.ts'
import type { ListedSnapshot } from '../snapshot/listed-snapshot.ts'
import { collectUsedBlobs } from '../tree/collect-used-blobs.ts'
import { damagedBlob } from '../tree/read-blob.ts'
import { createTreeSource } from '../tree/tree-source.ts'
import { findTypedEntry } from '../tree/typed-entry.ts'
import { walkTree } from '../tree/walk-tree.ts'

/**
 * What is counted: what a restore of every snapshot would write; files that differ in content; the distinct blobs of
 * each file; or the blobs as they are stored.
 */
export type StatsMode = 'restore-size' | 'files-by-contents' | 'blobs-per-file' | 'raw-data'

export interface SnapshotStats {
  readonly snapshots: number
  /** bytes */
  readonly totalSize: number
  /** nodes of every type; absent for raw-data */
  readonly totalFiles?: number
  /** blobs-per-file and raw-data */
  readonly totalBlobs?: number
  /** raw-data of a repository of version 2: sizes as they would be without compression … */
  readonly totalUncompressedSize?: number
  /** … of what is compressed, before ÷ after … */
  readonly compressionRatio?: number
  /** … percentage of the bytes that are compressed, and that compression saves */
  readonly compressionProgress?: number
  readonly compressionSpaceSaving?: number
}

/** @throws AppError REPOSITORY_DAMAGED, STORAGE_… */
export async function snapshotStats(
  repository: Repository,
  index: BlobIndex,
  snapshots: readonly ListedSnapshot[],
  mode: StatsMode,
  ctx: Context,
): Promise<SnapshotStats> {
  if (mode === 'raw-data') return rawStats(repository, index, snapshots, ctx)
  const trees = createTreeSource(repository, index)
  const counter = createCounter(mode, index)
  for (const { snapshot } of snapshots) {
    counter.startSnapshot()
    for await (const { node, path } of walkTree(trees, snapshot.tree, {}, ctx)) counter.count(node, path)
  }
  return { snapshots: snapshots.length, ...counter.result() }
}

interface Counter {
  startSnapshot(): void
  count(node: Node, path: Buffer): void
  result(): Omit<SnapshotStats, 'snapshots'>
}

function createCounter(mode: Exclude<StatsMode, 'raw-data'>, index: BlobIndex): Counter {
  switch (mode) {
    case 'restore-size':
      return countRestoreSize()
    case 'files-by-contents':
      return countContents()
    case 'blobs-per-file':
      return countBlobsPerFile(index)
  }
}

function countRestoreSize(): Counter {
  let totalSize = 0
  let totalFiles = 0
  let links = new Set<string>()
  return {
    startSnapshot: () => {
      links = new Set()
    },
    count(node) {
      totalFiles++
      const key = `${node.inode}:${node.deviceId}`
      // several names of one file are restored as one; an inode of 0 says nothing
      if (node.type !== 'dir' && node.links !== 1) {
        if (links.has(key) && node.inode !== 0n) return
        links.add(key)
      }
      totalSize += node.size
    },
    result: () => ({ totalSize, totalFiles }),
  }
}

function countContents(): Counter {
  let totalSize = 0
  const seen = new Set<string>()
  return {
    startSnapshot: () => {},
    // like restic, what has no content counts as one file
    count(node) {
      const key = contentKey(node)
      if (seen.has(key)) return
      seen.add(key)
      totalSize += node.size
    },
    result: () => ({ totalSize, totalFiles: seen.size }),
  }
}

function countBlobsPerFile(index: BlobIndex): Counter {
  let totalSize = 0
  let totalBlobs = 0
  const seen = new Set<string>()
  const files = new Map<string, Set<number>>()
  return {
    startSnapshot: () => {},
    count(node, path) {
      const key = contentKey(node)
      if (seen.has(key)) return
      seen.add(key)
      for (const id of node.content ?? []) {
        const entry = findTypedEntry(index, id, false)
        if (entry < 0) throw damagedBlob(id, 'it is not in the index')
        const name = path.toString('latin1')
        const blobs = files.get(name) ?? new Set()
        files.set(name, blobs)
        if (blobs.has(entry)) continue
        blobs.add(entry)
        totalSize += index.plainLengthOf(entry)
        totalBlobs++
      }
    },
    result: () => ({ totalSize, totalFiles: files.size, totalBlobs }),
  }
}

function contentKey({ content }: Node): string {
  const ids = content ?? []
  return ids.length === 1 ? (ids[0] ?? '') : hash('sha256', ids.join(''), 'hex')
}

async function rawStats(
  repository: Repository,
  index: BlobIndex,
  snapshots: readonly ListedSnapshot[],
  ctx: Context,
): Promise<SnapshotStats> {
  const roots = snapshots.map(({ snapshot }) => snapshot.tree)
  const { used, problems } = await collectUsedBlobs(repository, index, roots, {}, ctx)
  const [problem] = problems
  if (problem !== undefined) throw describeProblem(problem)
  const sums = { blobs: 0, stored: 0, plain: 0, compressedStored: 0, compressedPlain: 0 }
  for (let entry = 0; entry < index.size; entry++) {
    if (!used.has(entry)) continue
    const stored = index.lengthOf(entry)
    const plain = index.plainLengthOf(entry) + 32
    sums.blobs++
    sums.stored += stored
    sums.plain += plain
    if (index.rawLengthOf(entry) === 0) continue
    sums.compressedStored += stored
    sums.compressedPlain += plain
  }
  const totals = { snapshots: snapshots.length, totalSize: sums.stored, totalBlobs: sums.blobs }
  return repository.config.version === 1 ? totals : { ...totals, ...compressionOf(sums) }
}

function compressionOf(sums: {
  readonly stored: number
  readonly plain: number
  readonly compressedStored: number
  readonly compressedPlain: number
}): Partial<SnapshotStats> {
  return {
    totalUncompressedSize: sums.plain,
    ...(sums.compressedStored === 0 ? {} : { compressionRatio: sums.compressedPlain / sums.compressedStored }),
    ...(sums.plain === 0
      ? {}
      : {
          compressionProgress: (sums.compressedPlain / sums.plain) * 100,
          compressionSpaceSaving: (1 - sums.stored / sums.plain) * 100,
        }),
  }
}

function describeProblem(problem: { readonly kind: string; readonly id?: string; readonly treeId?: string }): AppError {
  const object = problem.id === undefined ? `tree ${problem.treeId ?? ''}` : `blob ${problem.id}`
  return new AppError('REPOSITORY_DAMAGED', { object, reason: problem.kind.replace('-', ' ') })
}
