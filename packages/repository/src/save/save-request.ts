import type { Entry, InspectorReference } from '@holdfast/core/entry'
import type { FilterSpec } from '../filter/source-filter.ts'
import type { Node } from '../format/node.ts'
import type { GroupBy } from '../snapshot/group-snapshots.ts'

/** Who and where: what a snapshot says about its maker. */
export interface SnapshotIdentity {
  readonly hostname: string
  readonly username: string
  readonly uid: number
  readonly gid: number
}

/** What is backed up. */
export type Source =
  /** Files and directories as given by the user; relative ones are kept relative to `workingDirectory`. */
  | { readonly type: 'paths'; readonly paths: readonly string[]; readonly workingDirectory: string }
  /** One file whose content is produced while it is read. */
  | {
      readonly type: 'stream'
      /** absolute path inside the snapshot */
      readonly path: string
      readonly bytes: AsyncIterable<Uint8Array>
      /** Called when all bytes were read. Throws when what was read must not count as a backup. */
      readonly finish: (sizeBytes: number) => Promise<void>
    }
  /**
   * What a connector makes of a source. A file that cannot be read, an entry that cannot be kept and a failure of the
   * source itself all mean that there is no snapshot: a part of a database is none.
   */
  | {
      readonly type: 'entries'
      /** absolute: what the snapshot calls its source */
      readonly path: string
      readonly entries: AsyncIterable<SourceEntry>
      /** looks at the content of local files that are read */
      readonly inspector?: InspectorReference
      /** What the inspector found in the files before a `settle` is told before the entry after it is asked for. */
      readonly onInspected?: (path: string, messages: readonly string[]) => void
    }

export type SourceEntry = Entry | StoredEntry

/**
 * A file or directory that every repository of the request has already, used as it is; below a directory nothing may be
 * given. Its name comes from `path`, all else from `node`.
 */
export interface StoredEntry {
  readonly kind: 'stored'
  readonly path: string
  readonly node: Node
}

export interface SaveRequest {
  readonly source: Source
  readonly identity: SnapshotIdentity
  /** the snapshot's time */
  readonly time: Date
  readonly tags: readonly string[]
  readonly programVersion: string
  readonly filter: FilterSpec
  /** shown in the snapshot: the exclude patterns as given */
  readonly excludes: readonly string[]
  /** `none` reads every file; text names a snapshot id; undefined chooses the newest fitting one */
  readonly parent:
    | { readonly type: 'choose'; readonly groupBy: GroupBy }
    | { readonly type: 'none' }
    | { readonly type: 'snapshot'; readonly id: string }
  readonly withAtime: boolean
  readonly ignoreCtime: boolean
  readonly ignoreInode: boolean
  readonly compression: 'auto' | 'off' | 'fastest' | 'better' | 'max'
  /** target size of a pack */
  readonly packBytes: number
  readonly workers: number
  readonly dryRun: boolean
  readonly skipIfUnchanged: boolean
  /** emits an event for every file */
  readonly verbose: boolean
  /** counts files and bytes ahead, for a progress bar */
  readonly scan: boolean
}

/** What a backup found, and what it added to one repository. */
export interface SaveReport {
  /** in the order of the repositories given */
  readonly repositories: readonly RepositorySaveReport[]
  readonly tree: string
  readonly filesNew: number
  readonly filesChanged: number
  readonly filesUnmodified: number
  readonly dirsNew: number
  readonly dirsChanged: number
  readonly dirsUnmodified: number
  readonly filesTotal: number
  readonly bytesTotal: number
  /** items that could not be read: the snapshot is partial when there are any */
  readonly errors: readonly { readonly path: string; readonly message: string }[]
  /** what the source's inspector found, in no particular order */
  readonly inspected: readonly { readonly path: string; readonly message: string }[]
  readonly startedAt: Date
  readonly endedAt: Date
}

export interface RepositorySaveReport {
  readonly location: string
  /** undefined: dry run, nothing changed and skipIfUnchanged, or it failed */
  readonly snapshotId: string | undefined
  readonly parentId: string | undefined
  readonly dataBlobs: number
  readonly treeBlobs: number
  /** bytes of new blobs before compression, and as stored */
  readonly dataAdded: number
  readonly dataAddedPacked: number
  /** why this repository has no snapshot although another one has */
  readonly failure: unknown
}
