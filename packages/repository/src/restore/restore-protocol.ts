import type { SharedBlobIndex } from '../engine/blob-index.ts'
import type { MasterKey } from '../format/master-key.ts'
import type { TreePart } from '../format/tree.ts'
import type { OverwriteMode, PatternSpec, RestoreFailure } from './restore-request.ts'

/*
 * Messages between the scheduler (schedule.ts) and its worker threads (restore-worker.ts). All paths are byte text.
 * Numbered things (directories, files) live in the worker that found them; the scheduler knows their numbers only.
 */

export interface RestoreRules {
  readonly include: readonly PatternSpec[]
  readonly exclude: readonly PatternSpec[]
  readonly overwrite: OverwriteMode
  readonly delete: boolean
  readonly dryRun: boolean
  readonly sparse: boolean
  readonly verbose: boolean
  /** whether giving files to other owners can be expected to work */
  readonly privileged: boolean
}

export interface RestoreSetup {
  readonly key: MasterKey
  readonly index: SharedBlobIndex
  readonly readableRoot: string | undefined
  readonly rules: RestoreRules
  readonly counters: SharedArrayBuffer
  /** Int32: 1 once the work is to end early; the next free row of the counters */
  readonly control: SharedArrayBuffer
}

export const controlSlots = { stop: 0, nextRow: 1 } as const

/** Buffers arrive as plain arrays when they are posted. */
export interface PostedAttribute {
  readonly name: Uint8Array
  readonly value: Uint8Array
}

export interface DirectoryMetadata {
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly mtimeNs: bigint
  readonly atimeNs: bigint
  readonly extendedAttributes: readonly PostedAttribute[]
}

/** A directory to be restored. */
export interface DirectoryTask {
  /** given by the scheduler; −1 until then */
  readonly number: number
  readonly parent: number
  readonly tree: string
  readonly path: string
  /** path inside the snapshot; `/` for the root */
  readonly location: string
  readonly depth: number
  /** absent for the root, whose metadata the snapshot does not hold */
  readonly metadata?: DirectoryMetadata
  readonly selected: boolean
  /** a directory that is made only when something is restored into it: its part that is known to exist */
  readonly madeLength: number
  /** made by this run, so nothing is in it */
  readonly fresh: boolean
  /** what is made in it gets an access control list of its own */
  readonly inheritsAcl: boolean
}

/** A part of a directory so large that several workers restore it. */
export interface DirectoryPart {
  readonly task: DirectoryTask
  readonly tree: SharedArrayBuffer
  /** its stretch of the tree; the first node belongs to the part before, except in the first part */
  readonly part: TreePart
  readonly isFirst: boolean
}

/** A part of a large file's content, restored by whoever is free. */
export interface ContentRange {
  /** number given by the worker that found the file */
  readonly file: number
  readonly path: string
  readonly offset: number
  readonly sizeBytes: number
  /** ids of the blobs, 64 digits each, one after the other */
  readonly ids: string
  /** the file was there before: only what differs is to be written */
  readonly existing: boolean
  readonly sparse: boolean
}

export type RestoreJob =
  | { readonly type: 'scan'; readonly tasks: readonly ScanTask[]; readonly statTargets: boolean }
  | { readonly type: 'directories'; readonly tasks: readonly DirectoryTask[] }
  | { readonly type: 'directory-part'; readonly part: DirectoryPart }
  | { readonly type: 'range'; readonly range: ContentRange }
  /** all ranges of the file were restored, or some could not be */
  | { readonly type: 'finish-file'; readonly file: number; readonly failed: boolean; readonly written: number }
  /** the first of several hard links: restored like any file */
  | { readonly type: 'linked-files'; readonly files: readonly number[] }
  | { readonly type: 'links'; readonly links: readonly { readonly file: number; readonly source: string }[] }
  /** `touched`: directories that were not selected themselves, but something below was restored */
  | { readonly type: 'finish-directories'; readonly depth: number; readonly touched: readonly number[] }
  /** before the directories of the same depth: what was found in parts of some */
  | { readonly type: 'finish-parts'; readonly depth: number }
  | { readonly type: 'verify'; readonly tasks: readonly VerifyTask[] }
  | { readonly type: 'verify-range'; readonly range: ContentRange }

export interface ScanTask {
  readonly tree: string
  readonly path: string
  readonly location: string
}

export interface VerifyTask {
  readonly tree: string
  readonly path: string
  readonly location: string
  /** names that were skipped or failed */
  readonly except: ReadonlySet<string>
}

export interface HardLinkFound {
  /** inode and device in the snapshot */
  readonly group: string
  readonly file: number
}

export interface LargeFileFound {
  readonly file: number
  readonly ranges: readonly ContentRange[]
}

export interface RestoreResult {
  readonly directories: readonly DirectoryTask[]
  readonly parts: readonly DirectoryPart[]
  readonly hardLinks: readonly HardLinkFound[]
  readonly largeFiles: readonly LargeFileFound[]
  /** numbers of tasks in which something was restored (told only when not everything is selected) */
  readonly touched: readonly number[]
  /** linked files that are complete, with their paths */
  readonly linkSources: readonly { readonly file: number; readonly path: string }[]
  readonly scans: readonly ScanTask[]
  readonly scannedFiles: number
  readonly scannedBytes: number
  readonly verifyRanges: readonly ContentRange[]
  readonly failed: boolean
  /** bytes that a range job wrote */
  readonly written: number
}

/** The result of a job that found nothing more to do. */
export const emptyResult: RestoreResult = {
  directories: [],
  parts: [],
  hardLinks: [],
  largeFiles: [],
  touched: [],
  linkSources: [],
  scans: [],
  scannedFiles: 0,
  scannedBytes: 0,
  verifyRanges: [],
  failed: false,
  written: 0,
}

export type RestoreNote =
  | ({ readonly type: 'failed'; readonly during: 'restore' | 'verify' } & RestoreFailure)
  /** not restored, so not to be verified */
  | { readonly type: 'left'; readonly directory: string; readonly name: string }
  | { readonly type: 'processed'; readonly items: readonly ProcessedItem[] }

export interface ProcessedItem {
  readonly action: 'restored' | 'updated' | 'unchanged' | 'deleted' | 'skipped'
  readonly item: string
  readonly sizeBytes: number
}
