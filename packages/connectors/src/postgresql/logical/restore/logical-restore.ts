import type { Check } from '@holdfast/core/proof/check'
import type { PostgresTarget } from '../../connection/target.ts'
import type { TocEntry } from '../archive/toc-entry.ts'
import type { ClientPlace, ClientTool } from '../client-tool.ts'
import type { DatabaseFingerprint } from '../logical-manifest.ts'
import type { PartRequest, SelectedEntries } from './select-entries.ts'

export interface LogicalRestoreRequest {
  /** the server to restore into; the role must be allowed to make databases */
  readonly target: PostgresTarget
  /** programs of this machine */
  readonly client: ClientPlace
  /** names of the backup; empty: all of them */
  readonly databases: readonly string[]
  /** instead of its own name, for one database */
  readonly into?: string
  /**
   * The database of this name, which exists, gives its place to the restored one once that was compared: sessions are
   * ended, the old one is kept under another name.
   */
  readonly replaces?: string
  /** only these parts of one database */
  readonly parts: PartRequest
  /** roles and tablespaces first; those that exist are left as they are */
  readonly globals: boolean
  /** Everything goes to the server's own place: a scratch server must not touch the directories of the original. */
  readonly withoutTablespaces?: boolean
  /** with the owners and privileges of the original, whose roles must exist */
  readonly owners: boolean
  /** connections that load data and build indexes at once */
  readonly jobs: number
  /** has room for the dump of the largest database */
  readonly temporaryDirectory: string
}

export interface DatabaseStep {
  readonly fingerprint: DatabaseFingerprint
  /** while it is loaded; afterwards, too, unless it replaces another */
  readonly into: string
  /** takes this database's place, which is then called `kept` */
  readonly replaces?: { readonly database: string; readonly kept: string }
  /** false: it exists, and parts are added to it */
  readonly isNew: boolean
  /** absent: the whole database */
  readonly selected?: SelectedEntries
  /** tables of the selection */
  readonly tables: DatabaseFingerprint['tables']
  readonly entries: readonly TocEntry[]
}

/** What a logical restore will do, before it does anything. */
export interface LogicalRestorePlan {
  readonly request: LogicalRestoreRequest
  readonly tool: ClientTool
  /** the server, for people */
  readonly host: string
  readonly serverVersion: string
  readonly steps: readonly DatabaseStep[]
  /** databases of the backup that hold nothing and exist on every server */
  readonly skipped: readonly string[]
  readonly dumpBytes: number
}

export interface LogicalRestoreReport {
  readonly checks: readonly Check[]
  readonly warnings: readonly string[]
}
