import type { RepositorySettings, ServerSettings, SourceSettings } from '@holdfast/core/config/effective-config'
import type { RestoreOrder } from '@holdfast/core/restore/restore-order'
import type { RecoverableTime } from '@holdfast/orchestrator/restore/recoverable-time'
import type { RestorePlan } from '@holdfast/orchestrator/restore/restore-plan'
import type { EntryView, SnapshotDetails } from '@holdfast/api/view/snapshot-view'
import type { PostedError } from '../task/task-message.ts'

interface InRepository {
  readonly repository: RepositorySettings
}

/** `snapshot`: id or its beginning. */
interface InSnapshot extends InRepository {
  readonly snapshot: string
  /** only of these sources; all when absent. Others are as unknown as those that are not there. */
  readonly sources?: readonly string[]
}

/** What is asked of the process that reads repositories. Paths are quoted (`core/text/quoted-path.ts`). */
export type ReaderQuestion =
  | ({ readonly type: 'list-snapshots' } & InRepository)
  | ({ readonly type: 'describe-snapshot' } & InSnapshot)
  | ({
      readonly type: 'list-directory'
      readonly path: string
      readonly after?: string
      readonly limit: number
    } & InSnapshot)
  | ({ readonly type: 'compare-snapshots'; readonly other: string; readonly limit: number } & InSnapshot)
  | ({
      readonly type: 'read-coverage'
      readonly source: Pick<SourceSettings, 'name' | 'workload'>
      readonly timeline?: number
    } & InRepository)
  | ({
      readonly type: 'plan-restore'
      readonly order: RestoreOrder
      readonly source: SourceSettings
      readonly server: ServerSettings
      readonly host: string
    } & InRepository)

export type DownloadQuestion = { readonly type: 'download'; readonly path: string } & InSnapshot

export interface ReaderAnswers {
  readonly 'list-snapshots': readonly SnapshotDetails[]
  readonly 'describe-snapshot': SnapshotDetails
  readonly 'list-directory': DirectoryPage
  readonly 'compare-snapshots': Comparison
  readonly 'read-coverage': RecoverableTime
  readonly 'plan-restore': PlannedRestore
}

export interface DirectoryPage {
  readonly path: string
  readonly entries: readonly EntryView[]
  readonly total: number
  readonly after?: string
}

export interface Comparison {
  readonly changes: readonly { readonly change: string; readonly path: string }[]
  readonly total: number
  readonly changedFiles: number
  readonly added: ComparedSide
  readonly removed: ComparedSide
}

export interface ComparedSide {
  readonly files: number
  readonly directories: number
  readonly others: number
  readonly bytes: number
}

export interface PlannedRestore {
  readonly view: RestorePlan['view']
  readonly digest: string
}

/** What is about to be sent, piece by piece. */
export interface OpenedDownload {
  readonly name: string
  readonly mediaType: string
  readonly sizeBytes?: number
}

/** `next`: one more piece of a download; `drop`: nobody wants the answer any more. */
export type ToReader =
  | { readonly type: 'ask'; readonly id: number; readonly question: ReaderQuestion | DownloadQuestion }
  | { readonly type: 'next'; readonly id: number }
  | { readonly type: 'drop'; readonly id: number }

/** A piece without bytes is the end. */
export type FromReader =
  | {
      readonly type: 'answer'
      readonly id: number
      readonly result: ReaderAnswers[ReaderQuestion['type']] | OpenedDownload
    }
  | { readonly type: 'piece'; readonly id: number; readonly bytes?: Uint8Array }
  | { readonly type: 'failed'; readonly id: number; readonly error: PostedError }
