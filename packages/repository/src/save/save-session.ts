import { setTimeout } from 'node:timers/promises'
import { type Context, withSignal } from '@holdfast/core/context'
import type { BlobIndex } from '../engine/blob-index.ts'
import type { FinishedPack } from '../engine/finished-pack.ts'
import { loadIndex } from '../engine/load-index.ts'
import { mergePacks } from '../engine/merge-packs.ts'
import { createPackCollector, type PackCollector } from '../engine/pack-collector.ts'
import { openSpool, type Spool } from '../engine/spool.ts'
import { startWorkerPool, type WorkerPool } from '../engine/worker-pool.ts'
import { zstdLevels } from '../engine/zstd.ts'
import type { FilterSpec } from '../filter/source-filter.ts'
import type { Repository } from '../repository.ts'
import type { SaveCounts, SaveJob, SaveNote, SaveResult, SaveSetup, SaveTarget } from './save-jobs.ts'
import type { SaveRequest } from './save-request.ts'
import { addCounts, noCounts } from './save-tally.ts'

/** New blobs that the first table of claims holds; each further one is four times as large. */
const firstClaims = 1 << 17
/** Finished packs that may wait for their upload before the workers are held back. */
const packsPendingPerConnection = 2
const salvageMs = 10_000

interface Target {
  readonly repository: Repository
  readonly index: BlobIndex
  readonly spool: Spool
  readonly collector: PackCollector
  readonly partial: FinishedPack[]
}

/** The workers of one backup, and the repositories that their packs go to. */
export interface SaveSession extends AsyncDisposable {
  readonly pool: WorkerPool<SaveJob, SaveResult>
  readonly chunkerPolynomial: bigint
  readonly counts: SaveCounts
  readonly errors: { path: string; message: string }[]
  /** what the source's inspector found */
  readonly inspected: { path: string; message: string }[]
  /** by repository */
  readonly indexes: readonly BlobIndex[]
  /** Takes what a worker reports. */
  take(result: SaveResult): void
  mayProceed(): boolean
  /** Resolves when `mayProceed` is worth asking again. */
  roomForPacks(): Promise<void>
  /**
   * After a failure or an interruption: stores and indexes the packs that are complete, so that the next run has them. Gives
   * up after a few seconds.
   */
  salvage(): Promise<void>
  /**
   * Stores everything that the workers have taken so far, and its index; returns what went wrong by repository. More may
   * follow, and be finished again. `onFlushed`: a worker has given out what it had, and is free.
   */
  finish(onFlushed?: () => void): Promise<readonly unknown[]>
}

export async function openSaveSession(
  repositories: readonly Repository[],
  request: SaveRequest,
  filter: FilterSpec,
  ctx: Context,
): Promise<SaveSession> {
  // an interruption stops the work, but what is complete shall still be stored
  const storing = new AbortController()
  const storingCtx = withSignal(ctx, storing.signal)
  const targets = await Promise.all(
    repositories.map(async (repository): Promise<Target> => {
      const index = await loadIndex(repository, ctx)
      index.openClaims(firstClaims)
      const [spool, collector] = [await openSpool(repository.backend), createPackCollector(repository, storingCtx)]
      return { repository, index, spool, collector, partial: [] }
    }),
  )
  const counts = noCounts(targets.length)
  const errors: { path: string; message: string }[] = []
  const inspected: { path: string; message: string }[] = []
  const { source } = request
  const onInspected = source.type === 'entries' ? source.onInspected : undefined
  const setup = setupOf(request, filter, targets)
  const pool = startWorkerPool<SaveSetup, SaveJob, SaveResult, SaveNote>(
    {
      module: new URL('./save-worker.ts', import.meta.url),
      count: request.workers,
      setup,
      backends: repositories.map(({ backend }) => backend),
      onNote({ target: number, pack, partial }) {
        const target = targets[number]
        if (target === undefined || request.dryRun) return
        if (partial) target.partial.push(pack)
        else target.collector.add(pack)
      },
      onClaims: (number, known) => moreClaims(targets[number]?.index, known),
    },
    ctx,
  )
  const limitOf = ({ repository }: Target): number =>
    repository.backend.traits.connections * packsPendingPerConnection + request.workers
  const take = (result: SaveResult): void => {
    addCounts(counts, result.counts)
    errors.push(...result.errors)
    for (const { path, message } of result.errors) {
      ctx.emit({ type: 'item.failed', during: 'archival', item: path, error: message })
    }
    for (const { action, path, sizeBytes } of result.processed) {
      ctx.emit({ type: 'item.processed', action, item: path, sizeBytes })
    }
    for (const { path, messages } of result.inspected) {
      for (const message of messages) inspected.push({ path, message })
      onInspected?.(path, messages)
    }
  }
  return {
    pool,
    chunkerPolynomial: setup.chunkerPolynomial,
    counts,
    errors,
    inspected,
    indexes: targets.map(({ index }) => index),
    take,
    mayProceed: () =>
      targets.some(({ collector }) => collector.failure === undefined) &&
      targets.every((target) => target.collector.failure !== undefined || target.collector.pending < limitOf(target)),
    async roomForPacks() {
      await Promise.all(targets.map((target) => target.collector.below(limitOf(target))))
      const failures = targets.map(({ collector }) => collector.failure)
      if (failures.every((failure) => failure !== undefined)) throw failures[0]
    },
    async salvage() {
      const stored = Promise.allSettled(targets.map(({ collector }) => collector.finish()))
      await Promise.race([stored, setTimeout(salvageMs, undefined, { ref: false })])
      storing.abort()
    },
    async finish(onFlushed) {
      const flushed = Array.from({ length: pool.size }, (_, worker) => pool.run(worker, { type: 'flush' }))
      for (const each of flushed) void each.then(onFlushed, () => {})
      for (const result of await Promise.all(flushed)) take(result)
      return await Promise.all(targets.map((target) => finishTarget(target, request)))
    },
    async [Symbol.asyncDispose]() {
      await pool[Symbol.asyncDispose]()
      for (const { spool } of targets) await spool[Symbol.asyncDispose]()
    },
  }
}

/** Undefined when all is stored. */
async function finishTarget({ repository, collector, partial }: Target, request: SaveRequest): Promise<unknown> {
  try {
    for (const pack of mergePacks(partial.splice(0), repository.key, request.packBytes)) collector.add(pack)
    await collector.finish()
    return undefined
  } catch (error) {
    return error
  }
}

function moreClaims(index: BlobIndex | undefined, known: number): unknown {
  if (index === undefined) return []
  if (index.claimCount === known) index.openClaims(firstClaims * 4 ** known)
  return index.claimsFrom(known)
}

function setupOf(request: SaveRequest, filter: FilterSpec, targets: readonly Target[]): SaveSetup {
  const [first] = targets
  if (first === undefined) throw new Error('a backup needs a repository')
  return {
    worker: `save-${process.pid}`,
    targets: targets.map(({ repository, index, spool }): SaveTarget => ({
      key: repository.key,
      version: repository.config.version,
      index: index.share(),
      spoolDirectory: request.dryRun ? undefined : spool.directory,
      readableRoot: repository.backend.traits.readableRoot,
    })),
    chunkerPolynomial: first.repository.config.chunkerPolynomial,
    dataLevel: request.compression === 'off' ? undefined : zstdLevels[request.compression],
    packBytes: request.packBytes,
    filter,
    withAtime: request.withAtime,
    ignoreCtime: request.ignoreCtime,
    ignoreInode: request.ignoreInode,
    verbose: request.verbose,
    inspector: request.source.type === 'entries' ? request.source.inspector : undefined,
  }
}
