import { sealOverheadBytes } from '../format/seal-overhead.ts'
import type { Context } from '@holdfast/core/context'
import { isAppError } from '@holdfast/core/errors/app-error'
import { throwIfInterrupted } from '@holdfast/storage/interruption'
import type { BlobIndex } from '../engine/blob-index.ts'
import { startWorkerPool } from '../engine/worker-pool.ts'

import type { Repository } from '../repository.ts'
import type { EntryBitmap } from './entry-bitmap.ts'
import { inspectTree, type TreeProblem } from './inspect-tree.ts'
import { createTreeSource } from './tree-source.ts'
import { findTypedEntry } from './typed-entry.ts'
import type { VisitJob, VisitResult, VisitSetup } from './visit-trees-job.ts'

/** Below this many trees, starting threads takes longer than reading them. */
const worthThreads = 2000
const treesPerJob = 512
const jobsPerWorker = 2

export interface VisitOptions {
  /** threads to read with, 4 unless given; few trees are read on the calling thread all the same */
  readonly workers?: number
  /** told of each problem; the walk goes on */
  readonly onProblem: (problem: TreeProblem) => void
  /** told how many trees have been read so far; `total` counts the trees in the index, used or not */
  readonly onProgress?: (trees: number, total: number) => void
}

/**
 * Reads every directory that can be reached from the root trees, each once, and marks in `seen` the index entry (as
 * `findTypedEntry` gives it) of every blob that is reached. Trees marked before are not read again. Returns how many
 * trees were read.
 * @throws AppError STORAGE_… other than for a damaged or missing pack, INTERRUPTED
 */
export async function visitTrees(
  repository: Repository,
  index: BlobIndex,
  roots: Iterable<string>,
  seen: EntryBitmap,
  options: VisitOptions,
  ctx: Context,
): Promise<number> {
  const queue: number[] = []
  for (const id of new Set(roots)) {
    const entry = findTypedEntry(index, id, true)
    if (entry < 0) options.onProblem({ kind: 'tree-missing', id })
    else if (seen.add(entry)) queue.push(entry)
  }
  const sizes = measureTrees(index)
  if (queue.length === 0) return 0
  const few = sizes.count < worthThreads
  const visit = few ? visitHere : visitInThreads
  return visit({ repository, index, seen, options, sizes, queue }, ctx)
}

interface Visit {
  readonly repository: Repository
  readonly index: BlobIndex
  readonly seen: EntryBitmap
  readonly options: VisitOptions
  readonly sizes: TreeSizes
  readonly queue: number[]
}

async function visitHere({ repository, index, seen, options, sizes, queue }: Visit, ctx: Context): Promise<number> {
  const trees = createTreeSource(repository, index)
  let done = 0
  const visitor = {
    data: (entry: number) => void seen.add(entry),
    subtree: (entry: number) => {
      if (seen.add(entry)) queue.push(entry)
    },
    problem: options.onProblem,
  }
  for (let entry = queue.pop(); entry !== undefined; entry = queue.pop()) {
    throwIfInterrupted(ctx)
    const treeId = index.idOf(entry)
    try {
      inspectTree(await trees.readRaw(treeId, ctx), treeId, index, visitor)
    } catch (error) {
      if (!isAppError(error) || !damageCodes.has(error.code)) throw error
      options.onProblem({ kind: 'tree-damaged', treeId, reason: error.message })
    }
    done++
    options.onProgress?.(done, sizes.count)
  }
  return done
}

const damageCodes: ReadonlySet<string> = new Set(['REPOSITORY_DAMAGED', 'STORAGE_FILE_MISSING', 'STORAGE_DAMAGED'])

async function visitInThreads(visit: Visit, ctx: Context): Promise<number> {
  const { repository, index, seen, options, sizes, queue } = visit
  const { readableRoot } = repository.backend.traits
  const setup: VisitSetup = {
    key: repository.key,
    index: index.share(),
    seen: seen.shared,
    ...(readableRoot === undefined ? {} : { readableRoot }),
    maxSealedBytes: sizes.maxSealedBytes,
    maxPlainBytes: sizes.maxPlainBytes,
  }
  const module = new URL('./visit-trees-worker.ts', import.meta.url)
  await using pool = startWorkerPool<VisitSetup, VisitJob, VisitResult>(
    { module, count: options.workers ?? 4, setup, backends: [repository.backend] },
    ctx,
  )
  let done = 0
  const running = new Set<Promise<void>>()
  const run = async (worker: number, trees: Uint32Array): Promise<void> => {
    const { found, problems } = await pool.run(worker, { trees })
    for (const entry of found) queue.push(entry)
    for (const problem of problems) options.onProblem(problem)
    done += trees.length
    options.onProgress?.(done, sizes.count)
  }
  while (queue.length > 0 || running.size > 0) {
    throwIfInterrupted(ctx)
    for (const [worker, trees] of divide(queue, pool.size, (each) => jobsPerWorker - pool.load(each))) {
      const job: Promise<void> = run(worker, trees).finally(() => running.delete(job))
      running.add(job)
    }
    await Promise.race(running)
  }
  return done
}

/** Takes jobs for the workers that have room out of the queue; neighbours in a pack go to the same worker. */
function divide(
  queue: number[],
  workers: number,
  room: (worker: number) => number,
): (readonly [worker: number, trees: Uint32Array])[] {
  const free = Array.from({ length: workers }, (_, worker) => worker).filter((worker) => room(worker) > 0)
  const share = Math.min(treesPerJob, Math.ceil(queue.length / workers))
  if (free.length === 0 || share === 0) return []
  // entries are numbered as they stand in the index: pack after pack, by offset
  const taken = Uint32Array.from(queue.splice(-share * free.length)).sort()
  const jobs: (readonly [number, Uint32Array])[] = []
  for (const [at, worker] of free.entries()) {
    const trees = taken.slice(at * share, (at + 1) * share)
    if (trees.length > 0) jobs.push([worker, trees])
  }
  return jobs
}

interface TreeSizes {
  readonly count: number
  readonly maxSealedBytes: number
  readonly maxPlainBytes: number
}

function measureTrees(index: BlobIndex): TreeSizes {
  let count = 0
  let maxSealedBytes = sealOverheadBytes
  let maxPlainBytes = 0
  for (let entry = 0; entry < index.size; entry++) {
    if (!index.isTree(entry)) continue
    count++
    maxSealedBytes = Math.max(maxSealedBytes, index.lengthOf(entry))
    maxPlainBytes = Math.max(maxPlainBytes, index.plainLengthOf(entry))
  }
  return { count, maxSealedBytes, maxPlainBytes: Math.min(maxPlainBytes, maxTreeBytes) }
}

/** WebAssembly memory ends at 4 GiB; a tree beyond this is reported as damaged. */
const maxTreeBytes = 2 ** 30
