import type { Entry, FileEntry } from '@holdfast/core/entry'
import type { BinlogPosition } from '../binlog/binlog-position.ts'
import type { MysqlTool } from '../client/mysql-tool.ts'
import type { MysqlConnection } from '../connection/connection.ts'
import type { MysqlTarget } from '../connection/target.ts'
import { sourceFolder } from '../manifest/mysql-manifest.ts'
import type { LogicalBackupOptions } from './logical-backup.ts'
import type { readServerFacts } from './read-server-facts.ts'
import type { DatabaseStructure } from './read-structure.ts'

/** What is known before anything is dumped. */
export interface DumpRun {
  readonly target: MysqlTarget
  readonly options: LogicalBackupOptions
  readonly session: MysqlConnection
  readonly tool: MysqlTool
  readonly facts: Awaited<ReturnType<typeof readServerFacts>>
  readonly databases: readonly DatabaseStructure[]
  readonly startedAt: string
}

/** What is known when everything has been dumped, by one program or by several. */
export interface Dumped {
  /** where the binary log goes on, when the program tells */
  readonly position: BinlogPosition | undefined
  readonly consistentAt: string
  /** bytes of each file, by its path in the folder of the source */
  readonly sizes: ReadonlyMap<string, number>
  /** by `rowsKey` */
  readonly rows: ReadonlyMap<string, number>
  readonly warnings: readonly string[]
}

/** Yields files, and tells at the end what they hold. */
export type DumpEntries = AsyncGenerator<Entry, Dumped, undefined>

/** A file of the backup; `name` in the folder of the source. */
export function dumpFile({ options, startedAt }: DumpRun, name: string, content: FileEntry['content']): FileEntry {
  const modifiedAt = new Date(startedAt)
  return { kind: 'file', path: `${sourceFolder(options.source)}/${name}`, mode: 0o600, modifiedAt, content }
}
