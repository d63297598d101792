import type { ManifestHead } from '../../manifest/manifest-file.ts'

/**
 * `manifest.json` of a logical backup. Plain JSON; a reader ignores fields it does not know, so fields may be added
 * without a new formatVersion. Figures that may exceed 2^53 are texts.
 */
export interface LogicalManifest extends ManifestHead<'postgresql', 'logical'> {
  /** what wrote the dumps: "15.18" */
  readonly dumpTool: { readonly version: string; readonly major: number }
  readonly server: { readonly version: string; readonly versionNumber: number; readonly inRecovery: boolean }
  /** the server's clock, ISO 8601, UTC */
  readonly startedAt: string
  readonly stoppedAt: string
  /** what was asked for; empty lists mean everything */
  readonly selection: DumpSelection
  /** false: the passwords of roles could not be read, and are not in globals.sql */
  readonly hasRolePasswords: boolean
  readonly fingerprint: { readonly databases: readonly DatabaseFingerprint[] }
  /** what the tools warned of */
  readonly warnings: readonly string[]
  /** of dumps and globals.sql */
  readonly bytes: number
}

export interface DumpSelection {
  readonly databases: readonly string[]
  /** patterns as pg_dump's --schema, --table and --exclude-table take them */
  readonly schemas: readonly string[]
  readonly tables: readonly string[]
  readonly excludeTables: readonly string[]
}

/** What a database held in the very snapshot that its dump was made from. */
export interface DatabaseFingerprint extends DatabaseProperties {
  /** of its dump */
  readonly bytes: number
  readonly tables: readonly TableFingerprint[]
  readonly sequences: readonly SequenceFingerprint[]
  readonly largeObjects: number
  readonly extensions: readonly { readonly name: string; readonly version: string }[]
  readonly schemas: readonly string[]
}

export interface TableFingerprint {
  readonly schema: string
  readonly name: string
  /** exact */
  readonly rows: string
  /** sum of hashtextextended over the texts of its rows, when that was asked for */
  readonly checksum?: string
}

export interface SequenceFingerprint {
  readonly schema: string
  readonly name: string
  /** as in the dump: sequences belong to no snapshot */
  readonly value: string
  readonly isCalled: boolean
}

/** All that CREATE DATABASE and what follows it need to make one like it. */
export interface DatabaseProperties {
  readonly name: string
  readonly owner: string
  readonly encoding: string
  readonly collation: string
  readonly characterType: string
  /** "libc", "icu", "builtin" */
  readonly localeProvider: string
  /** of icu and builtin */
  readonly locale?: string
  readonly icuRules?: string
  readonly tablespace: string
  /** -1: none */
  readonly connectionLimit: number
  readonly comment?: string
  /** ALTER DATABASE … SET, also IN DATABASE for a role: "search_path=app, public" */
  readonly settings: readonly { readonly role?: string; readonly setting: string }[]
  /** undefined: as a new database has them */
  readonly grants?: readonly DatabaseGrant[]
}

export interface DatabaseGrant {
  /** undefined: PUBLIC */
  readonly role?: string
  readonly privilege: string
  readonly isGrantable: boolean
}

/** Name of a database's dump, in the folder of the source: "databases/shop.dump". Letters of other scripts and signs become %XX. */
export function dumpPath(database: string): string {
  return `databases/${encodeURIComponent(database)}.dump`
}
