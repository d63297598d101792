import type { SharedBlobIndex } from '../engine/blob-index.ts'
import type { FinishedPack } from '../engine/finished-pack.ts'
import type { SharedIdTable } from '../engine/id-table.ts'
import type { InspectorReference } from '@holdfast/core/entry'
import type { PostedError } from '../engine/posted-error.ts'
import type { FilterSpec } from '../filter/source-filter.ts'
import type { ParentRange } from './parent-range.ts'

/** A path as the file system takes it: text when it is valid UTF-8, otherwise its bytes. */
export type RawPath = string | Uint8Array

/** One repository that a backup writes to, as its workers need it. */
export interface SaveTarget {
  readonly key: { readonly encrypt: Uint8Array; readonly macK: Uint8Array; readonly macR: Uint8Array }
  readonly version: 1 | 2
  readonly index: SharedBlobIndex
  /** undefined in a dry run */
  readonly spoolDirectory: string | undefined
  readonly readableRoot: string | undefined
}

export interface SaveSetup {
  readonly worker: string
  readonly targets: readonly SaveTarget[]
  readonly chunkerPolynomial: bigint
  /** zstd level; undefined stores data uncompressed */
  readonly dataLevel: number | undefined
  readonly packBytes: number
  readonly filter: FilterSpec
  readonly withAtime: boolean
  readonly ignoreCtime: boolean
  readonly ignoreInode: boolean
  readonly verbose: boolean
  readonly inspector: InspectorReference | undefined
}

/** The part of `lstat` that nodes are made of. */
export interface FileStats {
  readonly mode: bigint
  readonly uid: bigint
  readonly gid: bigint
  readonly mtimeNs: bigint
  readonly atimeNs: bigint
  readonly ctimeNs: bigint
  readonly ino: bigint
  readonly dev: bigint
  readonly nlink: bigint
}

/** A directory of which only some children are wanted: it lies on the way to the sources. */
export interface ChosenChildren {
  readonly [name: string]: ChosenChildren | 'all'
}

export interface DirectoryTask {
  readonly id: number
  readonly path: RawPath
  /** the same directory in the parent snapshot */
  readonly parentTree: string | undefined
  readonly only: ChosenChildren | undefined
  /** only these entries, of a directory that several workers read */
  readonly batch?: DirectoryBatch
}

export interface DirectoryBatch {
  readonly names: readonly RawPath[]
  /** the nodes of the parent snapshot's tree in the same stretch of names */
  readonly parent?: ParentRange
}

/** A tree's id, or the JSON text of a batch's nodes. */
export type TreeOrPiece = string | Uint8Array<ArrayBuffer>

export type SubdirectoryFound = Omit<DirectoryTask, 'id'>

export interface LargeFileFound {
  readonly path: RawPath
  /** JSON text of the name */
  readonly name: string
  /** the parent snapshot has a file of this name */
  readonly known: boolean
}

/** A tree that is complete, or what it still waits for. */
export type DirectoryOutcome =
  | { readonly id: number; readonly tree: TreeOrPiece }
  | { readonly id: number; readonly unreadable: true }
  | {
      readonly id: number
      readonly subdirectories: readonly SubdirectoryFound[]
      readonly largeFiles: readonly LargeFileFound[]
    }

/** A large file's node: JSON text around its size and content. */
export interface LargeFileNode {
  readonly beforeSize: string
  readonly afterSize: string
}

export interface FinishTask {
  readonly id: number
  /** in the order in which they were found; null: could not be read */
  readonly trees: readonly (TreeOrPiece | null)[]
  readonly files: readonly (string | null)[]
}

export type SaveJob =
  | { readonly type: 'directories'; readonly directories: readonly DirectoryTask[] }
  | { readonly type: 'finish'; readonly directories: readonly FinishTask[] }
  | { readonly type: 'open'; readonly file: LargeFileFound }
  | {
      readonly type: 'scan'
      readonly descriptor: number
      readonly start: number
      readonly sizeBytes: number
      /** for a source of entries */
      readonly file?: LocalFile
    }
  /** scans and stores about so much of a file, by one worker */
  | {
      readonly type: 'stretch'
      readonly descriptor: number
      readonly start: number
      readonly stop: number
      readonly sizeBytes: number
      readonly file: LocalFile
    }
  | {
      readonly type: 'chunks'
      readonly descriptor: number
      readonly start: number
      /** where each chunk ends */
      readonly cuts: readonly number[]
      /** for a source of entries */
      readonly file?: LocalFile
    }
  | { readonly type: 'files'; readonly files: readonly LocalFile[] }
  /** whole small files, one after another */
  | { readonly type: 'contents'; readonly bytes: Uint8Array; readonly lengths: readonly number[] }
  /** a whole content of any size, in memory that is handed over and comes back with the outcome */
  | { readonly type: 'content'; readonly bytes: Uint8Array<ArrayBuffer> }
  /** neighbouring chunks of a stream */
  | { readonly type: 'stream'; readonly chunks: readonly Uint8Array[] }
  | { readonly type: 'blob'; readonly bytes: Uint8Array; readonly isTree: boolean }
  | { readonly type: 'flush' }

/** A file of a source of entries. */
export interface LocalFile {
  /** where it lies on this machine */
  readonly localPath: string
  /** path in the snapshot */
  readonly path: string
  /** cut at fixed distances */
  readonly isPaged: boolean
}

export interface LocalFileContent {
  readonly ids: readonly string[]
  readonly sizeBytes: number
  readonly stats: FileStats
}

/** Counted since the previous answer of the same worker. */
export interface SaveCounts {
  files: number
  filesNew: number
  filesChanged: number
  filesUnmodified: number
  dirsNew: number
  dirsChanged: number
  dirsUnmodified: number
  bytes: number
  /** by target */
  dataBlobs: number[]
  treeBlobs: number[]
  dataAdded: number[]
  dataAddedPacked: number[]
}

export interface ItemError {
  readonly path: string
  readonly message: string
}

export interface Inspected {
  /** path in the snapshot */
  readonly path: string
  readonly messages: readonly string[]
}

export interface ProcessedItem {
  readonly action: 'new' | 'unchanged' | 'modified'
  readonly path: string
  readonly sizeBytes: number
}

export type SaveOutcome =
  | { readonly type: 'directories'; readonly directories: readonly DirectoryOutcome[] }
  | { readonly type: 'finish'; readonly trees: readonly { readonly id: number; readonly tree: TreeOrPiece }[] }
  | { readonly type: 'open'; readonly opened: OpenedFile | undefined }
  | { readonly type: 'scan'; readonly cuts: readonly number[] }
  | { readonly type: 'stretch'; readonly ids: readonly string[]; readonly end: number }
  | { readonly type: 'chunks'; readonly ids: readonly string[]; readonly bytes: number }
  /** null: it has vanished */
  | { readonly type: 'files'; readonly files: readonly (LocalFileContent | null)[] }
  | { readonly type: 'contents'; readonly ids: readonly (readonly string[])[] }
  /** The bytes come back however it went. */
  | { readonly type: 'content'; readonly bytes: Uint8Array<ArrayBuffer>; readonly stored: StoredOrFailed }
  | { readonly type: 'stream'; readonly ids: readonly string[] }
  | { readonly type: 'blob'; readonly id: string }
  | { readonly type: 'flush' }

export type StoredOrFailed = { readonly ids: readonly string[] } | { readonly failure: PostedError }

export interface OpenedFile extends LargeFileNode {
  readonly descriptor: number
  readonly sizeBytes: number
}

export interface SaveResult {
  readonly outcome: SaveOutcome
  readonly counts: SaveCounts
  readonly errors: readonly ItemError[]
  readonly processed: readonly ProcessedItem[]
  /** what the source's inspector found */
  readonly inspected: readonly Inspected[]
  /** the last path worked on, for people */
  readonly current: string
}

export type SaveNote = {
  readonly type: 'pack'
  readonly target: number
  readonly pack: FinishedPack
  readonly partial: boolean
}

/** The answer to a `claims` call: tables for new blobs that the worker does not know yet. */
export type ClaimTables = readonly SharedIdTable[]
