import type { Context } from '@holdfast/core/context'
import { isAppError } from '@holdfast/core/errors/app-error'
import { throwIfInterrupted } from '@holdfast/storage/interruption'
import type { BlobIndex } from '../engine/blob-index.ts'
import type { FinishedPack } from '../engine/finished-pack.ts'
import { writeLargeBlobPack } from '../engine/large-blob-pack.ts'
import { mergePacks } from '../engine/merge-packs.ts'
import { createPackCollector, type PackCollector, type StoredTotals } from '../engine/pack-collector.ts'
import { openSpool, type Spool } from '../engine/spool.ts'
import { startWorkerPool, type WorkerPool } from '../engine/worker-pool.ts'
import { zstdLevels } from '../engine/zstd.ts'
import type { Repository } from '../repository.ts'
import { readBlob } from '../tree/read-blob.ts'
import type {
  FailedBlob,
  TransferEncoding,
  TransferJob,
  TransferNote,
  TransferResult,
  TransferSetup,
} from './transfer-job.ts'

/** A chunk and what sealing and a zstd frame add to it. Larger blobs are trees of huge directories. */
const blobBytesInThreads = (8 << 20) + 65536
const jobBytes = 16 << 20
const jobEntries = 8192
const jobsPerWorker = 2
/** Fewer bytes than this are not worth another thread. */
const bytesPerWorker = 8 << 20
const packsPendingPerConnection = 2
export const defaultPackBytes = 16 << 20
const defaultWorkers = 4

export interface TransferOptions {
  readonly encoding: TransferEncoding
  /** bytes to be moved, as far as known: few are moved by fewer threads */
  readonly expectedBytes: number
  /** target size of new packs, 16 MiB unless given */
  readonly packBytes?: number
  /** threads, 4 unless given */
  readonly workers?: number
  /** told of each part of the work that is done */
  readonly onMoved?: (blobs: number, bytes: number) => void
}

/** Moves blobs, each verified, into new packs of a repository. */
export interface BlobTransfer extends AsyncDisposable {
  /**
   * Takes blobs over, named by their entries in the source's index. Returns those of which no copy could be read; the
   * others are stored once `finish` has returned.
   * @throws AppError STORAGE_…, INTERRUPTED, ENGINE_READBACK_FAILED
   */
  move(entries: Uint32Array): Promise<readonly FailedBlob[]>
  /** Returns when all packs and the index files that name them are durable. */
  finish(): Promise<StoredTotals>
}

interface Parts {
  readonly source: Repository
  readonly index: BlobIndex
  readonly target: Repository
  readonly options: TransferOptions
  readonly spool: Spool
  readonly collector: PackCollector
  readonly partial: FinishedPack[]
  readonly pool: WorkerPool<TransferJob, TransferResult>
}

export async function openBlobTransfer(
  source: Repository,
  index: BlobIndex,
  target: Repository,
  options: TransferOptions,
  ctx: Context,
): Promise<BlobTransfer> {
  const spool = await openSpool(target.backend)
  const collector = createPackCollector(target, ctx)
  const partial: FinishedPack[] = []
  const { workers = defaultWorkers, expectedBytes } = options
  const pool = startWorkerPool<TransferSetup, TransferJob, TransferResult, TransferNote>(
    {
      module: new URL('./transfer-worker.ts', import.meta.url),
      count: Math.max(1, Math.min(workers, Math.ceil(expectedBytes / bytesPerWorker))),
      setup: setupOf(source, index, target, options, spool),
      backends: [source.backend],
      onNote: (note) => void (note.partial ? partial.push(note.pack) : collector.add(note.pack)),
    },
    ctx,
  )
  const parts: Parts = { source, index, target, options, spool, collector, partial, pool }
  return {
    move: (entries) => move(parts, entries, ctx),
    finish: () => finish(parts, ctx),
    async [Symbol.asyncDispose]() {
      await pool[Symbol.asyncDispose]()
      await spool[Symbol.asyncDispose]()
    },
  }
}

async function move(parts: Parts, entries: Uint32Array, ctx: Context): Promise<FailedBlob[]> {
  const { pool, collector, target, options, index } = parts
  const large: number[] = []
  const limit = target.backend.traits.connections * packsPendingPerConnection + pool.size
  const failed: FailedBlob[] = []
  const queue = divide(index, entries, large)
  let stopped = false
  const drain = async (worker: number): Promise<void> => {
    try {
      for (const job of queue) {
        await collector.below(limit)
        if (stopped) return
        throwIfInterrupted(ctx)
        if (collector.failure !== undefined) throw collector.failure
        failed.push(...(await pool.run(worker, { type: 'blobs', entries: job.entries })).failed)
        options.onMoved?.(job.entries.length, job.sizeBytes)
      }
    } catch (error) {
      stopped = true
      throw error
    }
  }
  await Promise.all(Array.from({ length: pool.size * jobsPerWorker }, (_, lane) => drain(lane % pool.size)))
  for (const [at, entry] of large.entries()) failed.push(...(await moveLarge(parts, entry, `${entry}-${at}`, ctx)))
  return failed
}

interface JobPart {
  readonly entries: Uint32Array
  readonly sizeBytes: number
}

/** @param large receives the entries that are too large for the threads' memory */
function* divide(index: BlobIndex, entries: Uint32Array, large: number[]): Generator<JobPart> {
  let members: number[] = []
  let sizeBytes = 0
  for (const entry of entries) {
    const length = index.lengthOf(entry)
    if (Math.max(length, index.rawLengthOf(entry)) > blobBytesInThreads) {
      large.push(entry)
      continue
    }
    if (members.length > 0 && (sizeBytes + length > jobBytes || members.length === jobEntries)) {
      yield { entries: Uint32Array.from(members), sizeBytes }
      members = []
      sizeBytes = 0
    }
    members.push(entry)
    sizeBytes += length
  }
  if (members.length > 0) yield { entries: Uint32Array.from(members), sizeBytes }
}

async function moveLarge(parts: Parts, entry: number, label: string, ctx: Context): Promise<FailedBlob[]> {
  const { source, index, target, options, spool, collector } = parts
  throwIfInterrupted(ctx)
  await collector.below(1)
  const id = index.idOf(entry)
  const isTree = index.isTree(entry)
  try {
    const bytes = await readBlob(source, index, id, ctx)
    const { version, dataLevel } = options.encoding
    const level = version === 1 ? undefined : isTree ? zstdLevels.auto : dataLevel
    collector.add(
      writeLargeBlobPack(target.key, { id, bytes, isTree, level }, spool.directory, `${labelOf()}-large-${label}`),
    )
    options.onMoved?.(1, index.lengthOf(entry))
    return []
  } catch (error) {
    if (!isAppError(error) || !damageCodes.has(error.code)) throw error
    return [{ entry, reason: error.message }]
  }
}

const damageCodes: ReadonlySet<string> = new Set(['REPOSITORY_DAMAGED', 'STORAGE_FILE_MISSING', 'STORAGE_DAMAGED'])

async function finish({ pool, collector, partial, target, options }: Parts, ctx: Context): Promise<StoredTotals> {
  for (let worker = 0; worker < pool.size; worker++) await pool.run(worker, { type: 'flush' })
  for (const pack of mergePacks(partial, target.key, options.packBytes ?? defaultPackBytes)) collector.add(pack)
  const totals = await collector.finish()
  await target.backend.flush(ctx)
  return totals
}

function setupOf(
  source: Repository,
  index: BlobIndex,
  target: Repository,
  { encoding, packBytes = defaultPackBytes }: TransferOptions,
  spool: Spool,
): TransferSetup {
  return {
    label: labelOf(),
    sourceKey: source.key,
    index: index.share(),
    readableRoot: source.backend.traits.readableRoot,
    targetKey: target.key,
    sameKey: sameKey(source, target),
    encoding,
    spoolDirectory: spool.directory,
    packBytes,
    maxBlobBytes: blobBytesInThreads,
  }
}

function sameKey({ key: a }: Repository, { key: b }: Repository): boolean {
  return a.encrypt.equals(b.encrypt) && a.macK.equals(b.macK) && a.macR.equals(b.macR)
}

function labelOf(): string {
  return `transfer-${process.pid}`
}
