import type { Context } from '@holdfast/core/context'
import type { FileInfo } from '@holdfast/storage/backend'
import { throwIfInterrupted } from '@holdfast/storage/interruption'
import { releaseLargeAllocations } from '../native/release-memory.ts'
import { fileLabel, readUnpacked } from '../open/unpacked-files.ts'
import type { Repository } from '../repository.ts'
import { BlobIndex, type IndexDuplicate } from './blob-index.ts'
import { addPacked, type LoadIndexJob, type LoadIndexResult, type LoadIndexSetup } from './load-index-job.ts'
import { packIndex, type PackedIndex } from './packed-index.ts'
import { releaseBuffer } from './release-buffer.ts'
import { startWorkerPool } from './worker-pool.ts'

/** What a blob takes at least of an index file, compressed (its id cannot be) or, in version 1, not. */
const leastBytesPerBlob = { 1: 110, 2: 34 } as const
/** Opening an index takes a second per 35 MB; below this, starting threads would take longer. */
const worthThreadsBytes = 4 << 20
/** Each takes 25 MB while it works. */
const threads = 3

/** Loads every index file. Snapshots must have been listed before, so that all blobs of every listed one are found. */
export async function loadIndex(repository: Repository, ctx: Context): Promise<BlobIndex> {
  const { index } = await loadIndexFiles(repository, ctx)
  return index
}

/** The same, with the list of index files that were read. */
export async function loadIndexFiles(
  repository: Repository,
  ctx: Context,
): Promise<{ index: BlobIndex; names: readonly string[] }> {
  const listed: FileInfo[] = []
  for await (const file of repository.backend.list('index', ctx)) listed.push(file)
  // the largest tells how many blobs and packs there will be
  const [sample, ...others] = listed.toSorted((a, b) => b.sizeBytes - a.sizeBytes)
  if (sample === undefined) return { index: BlobIndex.create(0), names: [] }
  const packed = await readPacked(repository, sample, ctx)
  const load: Load = { repository, index: createFor(repository, listed, sample, packed), duplicates: [], waiting: [] }
  add(load, packed)
  let done = 1
  const onLoaded = (): void =>
    ctx.emit({ type: 'check.progressed', stage: 'index', done: ++done, total: listed.length, bytesDone: 0 })
  const sizeBytes = others.reduce((sum, file) => sum + file.sizeBytes, 0)
  await (sizeBytes < worthThreadsBytes ? loadHere : loadInThreads)(load, others, onLoaded, ctx)
  for (const each of load.waiting) add(load, each)
  load.index.finishLoading(load.duplicates)
  return { index: load.index, names: listed.map(({ name }) => name) }
}

interface Load {
  readonly repository: Repository
  readonly index: BlobIndex
  readonly duplicates: IndexDuplicate[]
  /** what threads had no room for */
  readonly waiting: PackedIndex[]
}

function createFor(
  repository: Repository,
  files: readonly FileInfo[],
  sample: FileInfo,
  packed: PackedIndex,
): BlobIndex {
  const totalBytes = files.reduce((sum, file) => sum + file.sizeBytes, 0)
  const samples = totalBytes / sample.sizeBytes
  const blobs = Math.ceil(packed.blobs * samples * 1.02)
  // packs vary more, and take little
  const packs = Math.ceil((packed.packs.length / 8) * samples * 2)
  return BlobIndex.create(blobs, packs, Math.ceil(totalBytes / leastBytesPerBlob[repository.config.version]))
}

/** On this thread, while no other uses the index. */
function add({ index, duplicates }: Load, packed: PackedIndex): void {
  let result = addPacked(index, packed)
  if (result.type === 'no-room') {
    index.makeRoom(packed)
    result = addPacked(index, packed)
  }
  if (result.type === 'added') for (const duplicate of result.duplicates) duplicates.push(duplicate)
}

async function readPacked(repository: Repository, file: FileInfo, ctx: Context): Promise<PackedIndex> {
  const json = await readUnpacked(repository, file, ctx)
  try {
    return packIndex(json, fileLabel(file))
  } finally {
    releaseBuffer(json)
  }
}

async function loadHere(load: Load, files: readonly FileInfo[], onLoaded: () => void, ctx: Context): Promise<void> {
  const queue = files.values()
  const work = async (): Promise<void> => {
    for (const file of queue) {
      add(load, await readPacked(load.repository, file, ctx))
      onLoaded()
    }
  }
  await Promise.all(Array.from({ length: Math.max(2, load.repository.backend.traits.connections) }, work))
}

/** This thread reads the files, others open them and add their blobs. */
async function loadInThreads(
  load: Load,
  files: readonly FileInfo[],
  onLoaded: () => void,
  ctx: Context,
): Promise<void> {
  const { repository, index, duplicates, waiting } = load
  releaseLargeAllocations()
  const module = new URL('./load-index-worker.ts', import.meta.url)
  const setup = { key: repository.key, index: index.share() }
  await using pool = startWorkerPool<LoadIndexSetup, LoadIndexJob, LoadIndexResult>(
    { module, count: threads, setup, backends: [] },
    ctx,
  )
  const open = async (worker: number, file: FileInfo): Promise<LoadIndexResult> => {
    const bytes = ownBytes(await repository.backend.read(file, undefined, ctx))
    const result = await pool.run(worker, { name: file.name, bytes }, [bytes.buffer])
    // reading it again tells whether the damage is on the way or in the store
    return result.type === 'altered' ? addPacked(index, await readPacked(repository, file, ctx)) : result
  }
  const queue = files.values()
  const work = async (worker: number): Promise<void> => {
    for (const file of queue) {
      throwIfInterrupted(ctx)
      const result = await open(worker, file)
      if (result.type === 'added') for (const duplicate of result.duplicates) duplicates.push(duplicate)
      else if (result.type === 'no-room') waiting.push(result.packed)
      onLoaded()
    }
  }
  // for each thread one file that is opened and one that is read, and as many as the store gives at once
  const readers = Math.max(2 * threads, repository.backend.traits.connections)
  await Promise.all(Array.from({ length: readers }, (_, i) => work(i % threads)))
}

/** For handing over: a view of a larger buffer (the memory backend's own) must be copied. */
function ownBytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer } = bytes
  const whole = buffer instanceof ArrayBuffer && bytes.byteLength === buffer.byteLength
  return whole ? new Uint8Array(buffer) : Uint8Array.from(bytes)
}
