import { AppError } from '@holdfast/core/errors/app-error'
import type { Arena } from '../engine/arena.ts'
import type { Region } from '../engine/pack-writer.ts'
import type { BlobStore } from './blob-store.ts'
import { plainStats } from './entry-node.ts'
import { FileReplacedError, type InspectPart, storeContent, storeWholeFile } from './file-reader.ts'
import type { LocalFile, LocalFileContent } from './save-jobs.ts'

/**
 * Stores a small file of a source of entries; null when it has vanished.
 * @throws AppError SOURCE_FILE_UNREADABLE
 */
export function storeLocalFile(
  arena: Arena,
  input: Region,
  store: BlobStore,
  { localPath, isPaged }: LocalFile,
  inspect: InspectPart | undefined,
): LocalFileContent | null {
  return unlessVanished(localPath, () => {
    const { ids, sizeBytes, stats } = storeWholeFile(arena, input, store, localPath, { isPaged, inspect })
    return { ids, sizeBytes, stats: plainStats(stats) }
  })
}

/** Stores whole files that lie one after another in the arena; returns the ids of each. */
export function storeContents(arena: Arena, store: BlobStore, at: number, lengths: readonly number[]): string[][] {
  let start = at
  return lengths.map((length) => {
    const ids = storeContent(arena, store, start, length)
    start += length
    return ids
  })
}

/**
 * Null when the file does not exist any more: a database drops tables while it is read.
 * @throws AppError SOURCE_FILE_UNREADABLE for whatever else the operating system says
 */
export function unlessVanished<T>(path: string, access: () => T): T | null {
  try {
    return access()
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw unreadable(path, error)
  }
}

/** The same for a file that is open: it cannot vanish. Without a path nothing is made of errors. */
export function orUnreadable<T>(path: string | undefined, access: () => T): T {
  try {
    return access()
  } catch (error) {
    throw path === undefined ? error : unreadable(path, error)
  }
}

function unreadable(path: string, error: unknown): unknown {
  const isOfFile = error instanceof FileReplacedError || (error instanceof Error && 'syscall' in error)
  if (!isOfFile) return error
  return new AppError('SOURCE_FILE_UNREADABLE', { path, reason: error.message }, { cause: error })
}
