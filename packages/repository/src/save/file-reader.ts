import { type BigIntStats, closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import type { Arena } from '../engine/arena.ts'
import type { Region } from '../engine/pack-writer.ts'
import type { BlobStore } from './blob-store.ts'
import type { OutsideContent } from './cut-content.ts'
import { chunkBytesAtLeast, chunkBytesAtMost, nextCut } from './chunker.ts'
import { fixedCuts } from './fixed-chunks.ts'
import { GatheredChunks } from './gathered-chunks.ts'
import { joinPath, systemPath } from './raw-path.ts'
import type { RawPath } from './save-jobs.ts'

/** Files up to this size are read at once; larger ones are scanned and stored in parts by several workers. */
export const wholeFileBytes = chunkBytesAtMost
/** The window of the fingerprint: a scan that goes on needs the bytes before. */
const windowBytes = 64
const scanPieceBytes = 2 << 20

export interface FileContent {
  readonly ids: readonly string[]
  readonly sizeBytes: number
  readonly stats: BigIntStats
}

/** Is shown every part of a file that is read: where it lies in the arena, its offset in the file, and the open file. */
export type InspectPart = (at: number, length: number, offset: number, descriptor: number) => void

/** The file at this path is of another kind than it was when the directory was read. */
export class FileReplacedError extends Error {}

/**
 * Opens a file for reading, never through a symlink and never waiting for a pipe's other end.
 */
export function openSource(path: RawPath): number {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
  return openSync(systemPath(path), flags)
}

export function statOpened(descriptor: number): BigIntStats {
  const stats = fstatSync(descriptor, { bigint: true })
  if (!stats.isFile()) throw new FileReplacedError('it was replaced by something that is not a file')
  return stats
}

/** Reads up to `length` bytes to `at`; fewer only at the end of the file. */
function readInto(arena: Arena, descriptor: number, at: number, length: number, position: number): number {
  let done = 0
  while (done < length) {
    const count = readSync(descriptor, arena.bytes, at + done, length - done, position + done)
    if (count === 0) break
    done += count
  }
  return done
}

export function contentOfFile(
  arena: Arena,
  { descriptor, sizeBytes }: { readonly descriptor: number; readonly sizeBytes: number },
): OutsideContent {
  return { sizeBytes, read: (at, length, position) => readInto(arena, descriptor, at, length, position) }
}

/** Reads, cuts and stores a file that fits into the input region. What grows meanwhile is read up to the region's size. */
export function storeWholeFile(
  arena: Arena,
  input: Region,
  store: BlobStore,
  path: RawPath,
  { isPaged, inspect }: { readonly isPaged: boolean; readonly inspect?: InspectPart | undefined } = { isPaged: false },
): FileContent {
  const descriptor = openSource(path)
  try {
    const stats = statOpened(descriptor)
    const wanted = Math.min(Number(stats.size), wholeFileBytes)
    const length = readInto(arena, descriptor, input.at, wanted, 0)
    if (length > 0) inspect?.(input.at, length, 0, descriptor)
    const ids = isPaged ? storePages(store, input.at, length) : storeContent(arena, store, input.at, length)
    return { ids, sizeBytes: length, stats }
  } finally {
    closeSync(descriptor)
  }
}

/** Cuts and stores a whole file that lies in the arena. */
export function storeContent(arena: Arena, store: BlobStore, at: number, length: number): string[] {
  const ids: string[] = []
  for (let start = at; start < at + length;) {
    const cut = nextCut(arena.primitives, start, at + length)
    ids.push(store.store(start, cut - start, false))
    start = cut
  }
  return ids
}

function storePages(store: BlobStore, at: number, length: number): string[] {
  let start = 0
  const spans = fixedCuts(0, length).map((cut) => {
    const span = { at: at + start, length: cut - start }
    start = cut
    return span
  })
  return store.storeAll(spans)
}

/**
 * Finds the chunks of a large file from `start` (where one begins) for about `limit` bytes: the positions where they end.
 * Only their bytes past the shortest chunk are read.
 */
export function scanCuts(
  arena: Arena,
  input: Region,
  file: { readonly descriptor: number; readonly start: number; readonly sizeBytes: number },
  limit: number,
): number[] {
  const cuts: number[] = []
  const stop = Math.min(file.sizeBytes, file.start + limit)
  for (let start = file.start; start < stop;) {
    const cut = findCut(arena, input, file.descriptor, start, file.sizeBytes)
    cuts.push(cut)
    start = cut
  }
  return cuts
}

function findCut(arena: Arena, input: Region, descriptor: number, start: number, sizeBytes: number): number {
  if (sizeBytes - start <= chunkBytesAtLeast) return sizeBytes
  const limit = Math.min(sizeBytes, start + chunkBytesAtMost)
  for (let position = start + chunkBytesAtLeast - 1; position < limit;) {
    const length = Math.min(windowBytes + scanPieceBytes, limit - position + windowBytes)
    const count = readInto(arena, descriptor, input.at, length, position - windowBytes)
    if (count <= windowBytes) break
    const found = arena.primitives.findCut(input.at + windowBytes, input.at + count)
    if (found > 0) return position + found - input.at - windowBytes
    position += count - windowBytes
  }
  return limit
}

/** Stores the chunks of a large file that end at `cuts`; a file that became shorter ends the list early. */
export function storeChunks(
  arena: Arena,
  input: Region,
  store: BlobStore,
  file: { readonly descriptor: number; readonly start: number; readonly cuts: readonly number[] },
  inspect?: InspectPart,
): { ids: string[]; bytes: number } {
  const chunks = new GatheredChunks(input, store)
  let start = file.start
  for (const cut of file.cuts) {
    const at = chunks.placeFor(cut - start)
    const count = readInto(arena, file.descriptor, at, cut - start, start)
    if (count > 0) {
      inspect?.(at, count, start, file.descriptor)
      chunks.add(count)
    }
    start += count
    if (start < cut) break
  }
  return { ids: chunks.finish(), bytes: start - file.start }
}

/** Up to `sizeBytes` from the start of a file in a directory: what a filter looks at to know a cache directory. */
export function readFileStart(directory: RawPath, name: string, sizeBytes: number): Uint8Array {
  const descriptor = openSource(joinPath(directory, name))
  try {
    const bytes = Buffer.alloc(sizeBytes)
    return bytes.subarray(0, readSync(descriptor, bytes, 0, sizeBytes, 0))
  } finally {
    closeSync(descriptor)
  }
}
