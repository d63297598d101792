import type { Context } from '@holdfast/core/context'
import type { RetrievalRequest } from './archive-class.ts'

/**
 * The kinds of file in a repository, restic's names. `config` is a single file named "config". `tip` is ours: the newest
 * end of a continuous log, which changes too often for packs and snapshots; restic never looks into its folder.
 */
export type FileType = 'config' | 'data' | 'index' | 'key' | 'lock' | 'snapshot' | 'tip'

/**
 * One file of a repository. `name` is 64 lower-case hex digits, or "config": the SHA-256 of the content, but for a `tip`
 * a name that its writer never uses again.
 */
export interface FileId {
  readonly type: FileType
  readonly name: string
}

export interface FileInfo extends FileId {
  readonly sizeBytes: number
  /** S3's name for it, where the store tells it and it is not the standard one */
  readonly storageClass?: string
  /** By `stat` only: it cannot be read before it was brought back from this class, which may have been asked for. */
  readonly archived?: { readonly archiveClass: string; readonly isRequested: boolean }
}

/** Part of a file, in bytes; `length` undefined reads to the end. A negative `offset` counts from the end. */
export interface ByteRange {
  readonly offset: number
  readonly length?: number
  /**
   * Memory for exactly `length` bytes, which a backend may fill and return instead of memory of its own. The caller
   * leaves it alone until the read has ended.
   */
  readonly into?: Uint8Array
}

/**
 * What is to be stored: bytes in memory, or a complete file on a local disk. A file given by path belongs to the
 * backend from then on: it is moved into the store where that is possible, otherwise read and then removed by the caller.
 */
export type FileContent = Uint8Array | { readonly path: string; readonly sizeBytes: number }

/** Written content may be marked by what it holds, so that cold storage classes are used for file data only. */
export interface WriteHint {
  /** Packs of trees must stay quickly readable; packs of data may be archived. */
  readonly content: 'tree' | 'data' | 'metadata'
}

export interface BackendTraits {
  /** how many requests at once are useful */
  readonly connections: number
  /**
   * A directory on the store's own file system in which a writer may prepare a file that `write` can then move into
   * place. It may not exist yet: whoever prepares a file makes it first (with its parent, never with the root); the
   * backend removes it when disposed. Absent: the operating system's temporary directory serves.
   */
  readonly spoolDirectory?: string
  /**
   * The root of a repository on a local disk (restic's default layout), which worker threads may read directly. Removed
   * by decorators that must see every read.
   */
  readonly readableRoot?: string
  /**
   * Files of type `tip` can be kept. Absent or false: there are none, and writing one is STORAGE_DENIED (restic's REST
   * protocol knows no such files).
   */
  readonly holdsTips?: boolean
}

/**
 * Immutable files by type and name. Every method is atomic, safe to repeat, and throws AppError with a STORAGE_… code:
 * STORAGE_FILE_MISSING when the file is not there, STORAGE_FILE_EXISTS when `write` meets a different file of that
 * name (equal size counts as the same file: a repeated request after a lost reply), STORAGE_FULL, STORAGE_DENIED,
 * STORAGE_ARCHIVED when a file that is read has to be brought back first, otherwise STORAGE_UNREACHABLE (retryable).
 */
export interface Backend extends AsyncDisposable {
  /** for people; never holds a secret */
  readonly location: string
  readonly traits: BackendTraits
  /** Prepares an empty place for a repository. Fails with REPOSITORY_EXISTS when a config file is there. */
  create(ctx: Context): Promise<void>
  /** Files of one type, in no particular order. A place that was never created lists nothing. */
  list(type: FileType, ctx: Context): AsyncIterable<FileInfo>
  stat(file: FileId, ctx: Context): Promise<FileInfo>
  /** Fails with STORAGE_DAMAGED when fewer bytes than asked for can be read. */
  read(file: FileId, range: ByteRange | undefined, ctx: Context): Promise<Uint8Array>
  write(file: FileId, content: FileContent, hint: WriteHint, ctx: Context): Promise<void>
  /** Removing a file that is not there succeeds. */
  remove(file: FileId, ctx: Context): Promise<void>
  /**
   * Asks for a file that lies in an archive to be brought back; it can be read some hours later. One that is on its way or
   * readable already stays as it is. Absent where nothing can be archived.
   */
  requestRetrieval?(file: FileId, request: RetrievalRequest, ctx: Context): Promise<void>
  /** Returns when everything written before is durable. */
  flush(ctx: Context): Promise<void>
}
