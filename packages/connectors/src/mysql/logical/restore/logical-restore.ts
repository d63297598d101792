import type { Context } from '@holdfast/core/context'
import type { Check } from '@holdfast/core/proof/check'
import type { MysqlClientPlace, MysqlTool } from '../../client/mysql-tool.ts'
import type { MysqlTarget } from '../../connection/target.ts'
import type { DatabaseFingerprint, LogicalManifest } from '../logical-manifest.ts'

/** The files of a logical backup, read when they are wanted. */
export interface LogicalFiles {
  readonly manifest: LogicalManifest
  /** undefined: the backup has no accounts */
  users(ctx: Context): Promise<Uint8Array | undefined>
  database(name: string, ctx: Context): AsyncIterable<Uint8Array>
  /** undefined: there are no views */
  views(name: string, ctx: Context): Promise<AsyncIterable<Uint8Array> | undefined>
}

export interface LogicalRestoreRequest {
  readonly target: MysqlTarget
  readonly client: MysqlClientPlace
  /** exact names; empty: all of the backup */
  readonly databases: readonly string[]
  /** the name of the restored database, when one is chosen */
  readonly into?: string
  /** tables of the one chosen database; empty: all of it */
  readonly tables: readonly string[]
  /** they need not be in the backup: its log may make them */
  readonly tablesMayBeNew?: boolean
  /** where the space for all of the backup is, when tables are brought to a point; default: the temporary files' */
  readonly scratchDirectory?: string
  /** names of databases that may be dropped for it, and of tables, such as "shop.orders", when tables are chosen; or "all" */
  readonly replaces: readonly string[] | 'all'
  /** make accounts that are missing, with their grants */
  readonly users: boolean
}

/** What will be done, before anything is done. */
export interface LogicalRestorePlan {
  readonly request: LogicalRestoreRequest
  /** for people */
  readonly host: string
  readonly serverVersion: string
  readonly tool: MysqlTool
  readonly steps: readonly DatabaseStep[]
  readonly dumpBytes: number
  readonly warnings: readonly string[]
}

export interface DatabaseStep {
  readonly fingerprint: DatabaseFingerprint
  readonly into: string
  /** it is there, and is dropped first */
  readonly isReplaced: boolean
  /** it is there, and stays: tables are brought into it */
  readonly isKept: boolean
  /** those of the chosen tables that are in it, and are dropped first */
  readonly replacedTables: readonly string[]
  readonly tables: readonly string[]
}

export interface LogicalRestoreReport {
  readonly checks: readonly Check[]
  readonly warnings: readonly string[]
}
