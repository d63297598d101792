import type { MysqlManifest } from '../manifest/mysql-manifest.ts'

/**
 * `manifest.json` of a logical backup of MySQL or MariaDB. Plain JSON; a reader ignores fields it does not know. Figures
 * that may exceed 2^53 are texts.
 */
export interface LogicalManifest extends MysqlManifest<'logical'> {
  /** what wrote the dump */
  readonly dumpTool: { readonly version: string }
  readonly selection: DumpSelection
  /** false: accounts and grants could not be read, and users.sql is not there */
  readonly hasUsers: boolean
  readonly fingerprint: { readonly databases: readonly DatabaseFingerprint[] }
  readonly findings: readonly LogicalFinding[]
  readonly warnings: readonly string[]
}

export interface DumpSelection {
  /** exact names; empty: all but the system's */
  readonly databases: readonly string[]
  /** "database.table", exact; empty: all of the databases */
  readonly tables: readonly string[]
  readonly excludeTables: readonly string[]
}

export const logicalFindingCodes = [
  ...(['MYSQL_TABLES_NOT_TRANSACTIONAL', 'MYSQL_BINLOG_FORMAT_UNSAFE', 'MYSQL_DUMP_NOT_PARALLEL'] as const),
  'MYSQL_DUMP_UNSEEN',
] as const

/** Something a person should act on although the backup was made. */
export interface LogicalFinding {
  readonly code: (typeof logicalFindingCodes)[number]
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

/** Name of a database's dump, in the folder of the source: "databases/shop.sql". Signs become %XX. */
export function databasePath(database: string): string {
  return `databases/${encodeURIComponent(database)}.sql`
}

/** Views may look at tables of other databases, so they are restored after all of those. */
export function viewsPath(database: string): string {
  return `views/${encodeURIComponent(database)}.sql`
}
