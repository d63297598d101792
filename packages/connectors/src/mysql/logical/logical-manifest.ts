import type { BinlogPosition } from '../binlog/binlog-position.ts'

/**
 * `manifest.json` of a logical backup of MySQL or MariaDB. Plain JSON; a reader ignores fields it does not know. Figures
 * that may exceed 2^53 are texts.
 */
export interface LogicalManifest {
  readonly formatVersion: 1
  /** the source's name, as in the paths beside the manifest: "mysql/<source>/…" */
  readonly source: string
  readonly type: 'mysql'
  readonly method: 'logical'
  readonly tool: { readonly name: string; readonly version: string }
  /** what wrote the dump */
  readonly dumpTool: { readonly version: string }
  readonly server: MysqlServerFacts
  /** the server's clock, ISO 8601, UTC */
  readonly startedAt: string
  /** by then the state of the dump was fixed: what was committed later is not in it */
  readonly consistentAt: string
  readonly stoppedAt: string
  /** where the binary log goes on; absent when the server writes none */
  readonly position?: BinlogPosition
  readonly selection: DumpSelection
  /** false: accounts and grants could not be read, and users.sql is not there */
  readonly hasUsers: boolean
  readonly fingerprint: { readonly databases: readonly DatabaseFingerprint[] }
  readonly findings: readonly LogicalFinding[]
  readonly warnings: readonly string[]
  readonly bytes: number
}

export interface MysqlServerFacts {
  readonly family: 'mariadb' | 'mysql'
  readonly version: string
  readonly versionNumber: number
  readonly serverId: number
  /** MySQL's server_uuid */
  readonly uuid?: string
  readonly binlogFormat?: string
  readonly binlogRowImage?: string
  readonly characterSet: string
  readonly collation: string
  readonly lowerCaseTableNames: number
  readonly sqlMode: string
}

export interface DumpSelection {
  /** exact names; empty: all but the system's */
  readonly databases: readonly string[]
  /** "database.table", exact; empty: all of the databases */
  readonly tables: readonly string[]
  readonly excludeTables: readonly string[]
}

/** Something a person should act on although the backup was made. */
export interface LogicalFinding {
  readonly code: 'MYSQL_TABLES_NOT_TRANSACTIONAL' | 'MYSQL_BINLOG_FORMAT_UNSAFE'
  readonly message: string
  readonly hint: string
}

/** What a database held in the very snapshot that its dump was made from. */
export interface DatabaseFingerprint {
  readonly name: string
  readonly characterSet: string
  readonly collation: string
  /** of its dump, views not included */
  readonly bytes: number
  readonly tables: readonly TableFingerprint[]
  readonly views: readonly string[]
  /** "function f", "procedure p" */
  readonly routines: readonly string[]
  readonly triggers: readonly string[]
  readonly events: readonly string[]
}

export interface TableFingerprint {
  readonly name: string
  readonly engine: string
  /** exact, as dumped */
  readonly rows: string
}

/** The file as it is stored: indented, so that a person who restored it with restic can read it. */
export function formatLogicalManifest(manifest: LogicalManifest): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(manifest, undefined, 2)}\n`)
}

export function sourceFolder(source: string): string {
  return `mysql/${source}`
}

/** Name of a database's dump, in the folder of the source: "databases/shop.sql". Signs become %XX. */
export function databasePath(database: string): string {
  return `databases/${encodeURIComponent(database)}.sql`
}

/** Views may look at tables of other databases, so they are restored after all of those. */
export function viewsPath(database: string): string {
  return `views/${encodeURIComponent(database)}.sql`
}
