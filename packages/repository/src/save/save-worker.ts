/** Worker thread of a backup: takes directories and parts of large files from source to sealed pack. */
import { sealOverheadBytes } from '../format/seal-overhead.ts'
import { Arena } from '../engine/arena.ts'
import { ArenaCipher } from '../engine/arena-cipher.ts'
import { BlobHasher } from '../engine/blob-hasher.ts'
import { BlobIndex } from '../engine/blob-index.ts'
import { BlobReader } from '../engine/blob-reader.ts'
import type { FinishedPack } from '../engine/finished-pack.ts'
import { writeLargeBlobPack } from '../engine/large-blob-pack.ts'
import { createLocalPackReader, createRemotePackReader } from '../engine/pack-reader.ts'
import { readLargeBlob } from '../engine/read-large-blob.ts'
import { toPostedError } from '../engine/posted-error.ts'
import { releaseBuffer } from '../engine/release-buffer.ts'
import { PackWriter, type Region, stagingBytes } from '../engine/pack-writer.ts'
import { answerJobs, openWorkerPort, type WorkerPort } from '../engine/worker-port.ts'
import { createCompressor, createDecompressor, zstdLevels } from '../engine/zstd.ts'
import type { MasterKey } from '../format/master-key.ts'
import { createSourceFilter } from '../filter/source-filter.ts'
import { readXattrs } from '../native/xattr.ts'
import { BlobStore, type StoreTarget } from './blob-store.ts'
import { chunkBytesAtMost } from './chunker.ts'
import { createDataCompression } from './data-compression.ts'
import { cutContent } from './cut-content.ts'
import {
  type DirectoryReaderOptions,
  finishDirectory,
  type OpenDirectories,
  readDirectory,
} from './directory-reader.ts'
import { fixedChunks, fixedCuts } from './fixed-chunks.ts'
import { GatheredChunks } from './gathered-chunks.ts'
import { openInspection } from './inspection.ts'
import { openLargeFile } from './large-file.ts'
import { orUnreadable, storeContents, storeLocalFile } from './local-file.ts'
import { contentOfFile, readFileStart, scanCuts, storeChunks } from './file-reader.ts'
import type { ReadParentTree } from './parent-tree.ts'
import { createOwnerText } from './owner-text.ts'
import { createSaveTally } from './save-tally.ts'
import type {
  ClaimTables,
  SaveJob,
  SaveNote,
  SaveOutcome,
  SaveResult,
  SaveSetup,
  SaveTarget,
  StoredOrFailed,
} from './save-jobs.ts'

/** How far a scan of a large file goes before its chunks are handed out. */
const scanBytes = 64 << 20
const marginBytes = 65536
const claimsMargin = 64
/** Neighbouring trees usually lie together: one read brings many. */
const readAheadBytes = 262144
/** A directory with a larger tree, of more than a million entries, is read anew: comparing it would take too much memory. */
const largestParentTree = 512 << 20
/** What of each region stays in memory between jobs: enough for most chunks. */
const keptBytes = 2 << 20

const port = openWorkerPort<SaveSetup, SaveNote>()
const { setup } = port
const largestBlob = chunkBytesAtMost + marginBytes
const keyStreamBytes = 262144
const perTarget = 2 * stagingBytes(largestBlob) + keyStreamBytes
const arena = new Arena(4 * largestBlob + setup.targets.length * perTarget + marginBytes, port.primitives)
arena.primitives.setPolynomial(setup.chunkerPolynomial)
const region = (sizeBytes: number): Region => ({ at: arena.reserve(sizeBytes), sizeBytes })
const [input, text, plain, window] = [
  region(largestBlob),
  region(largestBlob),
  region(largestBlob),
  region(largestBlob),
]
const decompress = createDecompressor(arena.bytes)
const compressTree = createCompressor(arena.bytes, zstdLevels.auto)
const compressData = setup.dataLevel === undefined ? undefined : createDataCompression(arena.bytes, setup.dataLevel)
const hasher = new BlobHasher(arena)
const tally = createSaveTally(setup.targets.length, setup.verbose)

let flushing = false
const opened = setup.targets.map(openTarget)
const store = new BlobStore(
  arena,
  hasher,
  opened.map(({ target }) => target),
  text,
  () => tally.counts,
)
const directoryOptions: DirectoryReaderOptions = {
  arena,
  input,
  store,
  readParent: opened[0]?.readTree,
  filter: createSourceFilter(setup.filter, readFileStart),
  owners: createOwnerText(),
  tally,
  readAttributes: (path) => readXattrs(path) ?? [],
  withAtime: setup.withAtime,
  ignoreCtime: setup.ignoreCtime,
  ignoreInode: setup.ignoreInode,
}
const openDirectories: OpenDirectories = new Map()
const inspection = await openInspection(setup.inspector, arena, tally)

answerJobs<SaveJob, SaveResult>((job) => {
  const outcome = perform(job)
  for (const each of [input, text, plain]) arena.release(each, keptBytes)
  for (const { target } of opened) for (const writer of [target.data, target.tree]) writer.release(keptBytes)
  return { outcome, ...tally.take() }
}, piecesOf)

/** The nodes of batches, megabytes of text, are handed over instead of copied, and so is what is given back. */
function piecesOf({ outcome }: SaveResult): ArrayBuffer[] {
  if (outcome.type === 'content') return [outcome.bytes.buffer]
  const done = outcome.type === 'finish' ? outcome.trees : outcome.type === 'directories' ? outcome.directories : []
  return done.flatMap((each) => ('tree' in each && typeof each.tree !== 'string' ? [each.tree.buffer] : []))
}

function perform(job: SaveJob): SaveOutcome {
  switch (job.type) {
    case 'directories':
      return {
        type: 'directories',
        directories: job.directories.map((task) => readDirectory(directoryOptions, openDirectories, task)),
      }
    case 'finish':
      return {
        type: 'finish',
        trees: job.directories.map(({ id, trees, files }) => {
          const directory = openDirectories.get(id)
          if (directory === undefined) throw new Error(`directory ${id} is not open here`)
          openDirectories.delete(id)
          return { id, tree: finishDirectory(directoryOptions, directory, trees, files) }
        }),
      }
    case 'open':
      return { type: 'open', opened: openLargeFile(directoryOptions, job.file) }
    case 'scan':
      return { type: 'scan', cuts: orUnreadable(job.file?.localPath, () => scanCuts(arena, input, job, scanBytes)) }
    case 'stretch':
      return { type: 'stretch', ...orUnreadable(job.file.localPath, () => storeStretch(job)) }
    case 'chunks':
      return {
        type: 'chunks',
        ...orUnreadable(job.file?.localPath, () => storeChunks(arena, input, store, job, inspection?.(job.file?.path))),
      }
    case 'files':
      return {
        type: 'files',
        files: job.files.map((file) => storeLocalFile(arena, input, store, file, inspection?.(file.path))),
      }
    case 'contents':
      takeIn(job.bytes)
      return { type: 'contents', ids: storeContents(arena, store, input.at, job.lengths) }
    case 'content':
      return { type: 'content', bytes: job.bytes, stored: storeLent(job.bytes) }
    case 'stream':
      return { type: 'stream', ids: storePieces(job.chunks, releaseBuffer) }
    case 'blob':
      if (job.bytes.length > input.sizeBytes)
        return { type: 'blob', id: store.storeLarge(bufferOver(job.bytes), job.isTree) }
      return { type: 'blob', id: store.store(input.at, takeIn(job.bytes), job.isTree) }
    case 'flush':
      finishPacks()
      return { type: 'flush' }
  }
}

/** What was lent must come back, so a failure is part of the outcome. */
function storeLent(bytes: Uint8Array): StoredOrFailed {
  try {
    return { ids: storePieces(fixedChunks(bytes)) }
  } catch (error) {
    return { failure: toPostedError(error) }
  }
}

/** Stores pieces that lie outside the arena; `taken` is told when one was copied. */
function storePieces(pieces: Iterable<Uint8Array>, taken: (piece: Uint8Array) => void = () => {}): string[] {
  const chunks = new GatheredChunks(input, store)
  for (const piece of pieces) {
    const { length } = piece
    arena.bytes.set(piece, chunks.placeFor(length))
    taken(piece)
    chunks.add(length)
  }
  return chunks.finish()
}

function storeStretch(job: Extract<SaveJob, { type: 'stretch' }>): { ids: string[]; end: number } {
  const inspect = inspection?.(job.file.path)
  if (job.file.isPaged) {
    const cuts = fixedCuts(job.start, job.stop)
    const { ids, bytes } = storeChunks(arena, input, store, { ...job, cuts }, inspect)
    return { ids, end: job.start + bytes }
  }
  const ids: string[] = []
  const end = cutContent(arena, input, contentOfFile(arena, job), job, (at, length, position) => {
    inspect?.(at, length, position, job.descriptor)
    ids.push(store.store(at, length, false))
  })
  return { ids, end }
}

function finishPacks(): void {
  flushing = true
  try {
    for (const { target } of opened) {
      target.data.finish()
      target.tree.finish()
    }
  } finally {
    flushing = false
  }
}

/** Copies what the main thread sent into the input region, and frees it at once: a collection of garbage may be far. */
function takeIn(bytes: Uint8Array): number {
  const { length } = bytes
  arena.bytes.set(bytes, input.at)
  releaseBuffer(bytes)
  return length
}

/** The same bytes, not a copy: a tree of a hundred thousand entries has many megabytes. */
function bufferOver({ buffer, byteOffset, length }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, length)
}

function openTarget(shared: SaveTarget, number: number): { target: StoreTarget; readTree: ReadParentTree } {
  const key: MasterKey = {
    encrypt: Buffer.from(shared.key.encrypt),
    macK: Buffer.from(shared.key.macK),
    macR: Buffer.from(shared.key.macR),
  }
  const cipher = new ArenaCipher(arena, key, keyStreamBytes)
  const index = BlobIndex.attach(shared.index)
  const onFinished = (pack: FinishedPack): void => port.note({ type: 'pack', target: number, pack, partial: flushing })
  const writer = (isTree: boolean): PackWriter =>
    new PackWriter({
      arena,
      cipher,
      hasher,
      decompress,
      staging: region(stagingBytes(largestBlob)),
      text,
      plain,
      isTree,
      targetBytes: setup.packBytes,
      spoolDirectory: shared.spoolDirectory,
      label: `${setup.worker}-${number}-${isTree ? 'tree' : 'data'}-${threadLabel()}`,
      onFinished,
    })
  const packs =
    shared.readableRoot === undefined
      ? createRemotePackReader(arena, port, number)
      : createLocalPackReader(arena, shared.readableRoot)
  const reader = new BlobReader(arena, cipher, index, packs, { window, text, plain }, decompress)
  let largeBlobs = 0
  const target: StoreTarget = {
    index,
    data: writer(false),
    tree: writer(true),
    compressData: shared.version === 1 ? undefined : compressData,
    compressTree: shared.version === 1 ? undefined : compressTree,
    storeLarge(id, bytes, isTree) {
      const level = shared.version === 1 ? undefined : isTree ? zstdLevels.auto : setup.dataLevel
      const label = `${setup.worker}-${number}-large-${threadLabel()}-${++largeBlobs}`
      const pack = writeLargeBlobPack(key, { id, bytes, isTree, level }, shared.spoolDirectory, label)
      onFinished(pack)
      return pack.blobBytes - sealOverheadBytes
    },
    ensureClaims: () => ensureClaims(port, index, number),
  }
  const readTree = (id: string): Buffer | undefined => {
    const entry = index.find(id)
    const plainBytes = entry < 0 ? 0 : index.rawLengthOf(entry) || index.lengthOf(entry)
    if (plainBytes > largestParentTree) return undefined
    if (plainBytes >= plain.sizeBytes) return readLargeBlob({ arena, index, packs, key, piece: text }, id)
    const { at, length } = reader.read(id, readAheadBytes)
    return arena.bytes.subarray(at, at + length)
  }
  return { target, readTree }
}

/** Asks the main thread for another table when the newest is nearly full; others may take its last places meanwhile. */
function ensureClaims(ask: WorkerPort<SaveSetup, SaveNote>, index: BlobIndex, repository: number): void {
  if (index.claimsLeft > claimsMargin) return
  const reply = ask.receive(ask.ask({ type: 'claims', repository, known: index.claimCount }))
  if (reply.type !== 'value') throw new Error('a request for claims was answered with something else')
  // boundary: save-session.ts answers with tables
  for (const table of reply.value as ClaimTables) index.attachClaims(table)
}

function threadLabel(): string {
  return String(port.threadId)
}
