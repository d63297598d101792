import type { JsonFields } from './json-fields.ts'
import { jsonString } from './json-string.ts'

/** What a backup found and stored, kept in its snapshot. */
export interface SnapshotSummary {
  /** RFC 3339 */
  readonly backupStart: string
  readonly backupEnd: string
  readonly filesNew: number
  readonly filesChanged: number
  readonly filesUnmodified: number
  readonly dirsNew: number
  readonly dirsChanged: number
  readonly dirsUnmodified: number
  readonly dataBlobs: number
  readonly treeBlobs: number
  /** bytes of new blobs before compression */
  readonly dataAdded: number
  /** bytes of new blobs as stored */
  readonly dataAddedPacked: number
  readonly totalFilesProcessed: number
  readonly totalBytesProcessed: number
}

/** Keys in restic's order. */
const counterKeys = [
  ['files_new', 'filesNew'],
  ['files_changed', 'filesChanged'],
  ['files_unmodified', 'filesUnmodified'],
  ['dirs_new', 'dirsNew'],
  ['dirs_changed', 'dirsChanged'],
  ['dirs_unmodified', 'dirsUnmodified'],
  ['data_blobs', 'dataBlobs'],
  ['tree_blobs', 'treeBlobs'],
  ['data_added', 'dataAdded'],
  ['data_added_packed', 'dataAddedPacked'],
  ['total_files_processed', 'totalFilesProcessed'],
  ['total_bytes_processed', 'totalBytesProcessed'],
] as const

export function encodeSummary(summary: SnapshotSummary): string {
  const times = `"backup_start":${jsonString(summary.backupStart)},"backup_end":${jsonString(summary.backupEnd)}`
  return `{${times},${counterKeys.map(([key, field]) => `"${key}":${summary[field]}`).join(',')}}`
}

export function parseSummary(fields: JsonFields): SnapshotSummary {
  return {
    backupStart: fields.text('backup_start'),
    backupEnd: fields.text('backup_end'),
    filesNew: fields.integer('files_new'),
    filesChanged: fields.integer('files_changed'),
    filesUnmodified: fields.integer('files_unmodified'),
    dirsNew: fields.integer('dirs_new'),
    dirsChanged: fields.integer('dirs_changed'),
    dirsUnmodified: fields.integer('dirs_unmodified'),
    dataBlobs: fields.integer('data_blobs'),
    treeBlobs: fields.integer('tree_blobs'),
    dataAdded: fields.integer('data_added'),
    dataAddedPacked: fields.integer('data_added_packed'),
    totalFilesProcessed: fields.integer('total_files_processed'),
    totalBytesProcessed: fields.integer('total_bytes_processed'),
  }
}
