import type { Entry } from '@holdfast/core/entry'
import type { MysqlClientPlace } from '../client/mysql-tool.ts'
import type { DumpSelection, LogicalManifest } from './logical-manifest.ts'

export interface LogicalBackupOptions {
  /** name of the source: entries lie under "mysql/<source>/" */
  readonly source: string
  readonly selection: DumpSelection
  readonly client: MysqlClientPlace
  /** a dump from which not one byte comes for so long is killed, and has failed */
  readonly silenceLimitMs: number
  /** Keep all tables locked against writing while the dump runs: for tables that know no transactions. */
  readonly lockAllTables: boolean
  /** dump programs that work at once; 1: one alone, which needs no lock */
  readonly parallel: number
  /** How long the lock under which they begin is waited for, and held, at most; default 10 s. Then one goes on alone. */
  readonly lockWaitMs?: number
  /** A program for less than this is not worth its lock; default 8 MiB. */
  readonly smallestShareBytes?: number
  /** of the program, for the manifest */
  readonly toolVersion: string
}

/**
 * A logical backup that has begun. Everything is released when the entries end, are left, or throw; `asyncDispose` does it
 * when they are never asked for.
 */
export interface LogicalBackup extends AsyncDisposable {
  /** To be read once, in order. Throws when anything is not whole: then nothing that came counts. The last one is manifest.json. */
  readonly entries: AsyncIterable<Entry>
  /** once the entries have ended */
  manifest(): LogicalManifest | undefined
}
