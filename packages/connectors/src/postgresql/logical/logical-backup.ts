import type { Entry } from '@holdfast/core/entry'
import type { PostgresHost, PostgresTarget } from '../connection/target.ts'
import type { ClientPlace, ClientTool } from './client-tool.ts'
import type { DumpSelection, LogicalManifest } from './logical-manifest.ts'

export interface LogicalBackupOptions {
  /** name of the source: entries lie under "postgresql/<source>/" */
  readonly source: string
  readonly selection: DumpSelection
  readonly client: ClientPlace
  /** dumps that run at once, each of another database */
  readonly parallel: number
  /** a dump from which not one byte comes for so long is killed, and has failed */
  readonly silenceLimitMs: number
  /** how long a dump waits for the lock of a table */
  readonly lockWaitMs: number
  /** add up a hash of every row, so that a restore can be compared by content: reads and hashes all of it on the server */
  readonly checksums: boolean
  /** a newer server that the dump shall be restored into, whose tools make the better dump where they are here */
  readonly forMajor?: number
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

/** What the dumps of one backup have in common. */
export interface DumpRun {
  /** the one server that answered, so that all dumps are of it */
  readonly target: PostgresTarget
  readonly host: PostgresHost
  /** for people */
  readonly hostText: string
  readonly options: LogicalBackupOptions
  readonly dumpTool: ClientTool
  readonly inRecovery: boolean
}
