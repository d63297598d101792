import type { ManifestHead } from '../../manifest/manifest-file.ts'

/** "physical": over the wire; "direct": files read where they lie */
type PhysicalMethod = 'physical' | 'direct'

/**
 * `manifest.json` of a physical backup: all that must be known to restore it, to judge it, and to say which WAL it
 * needs. Plain JSON; a reader ignores fields it does not know, so fields may be added without a new formatVersion.
 */
export interface BackupManifest extends ManifestHead<'postgresql', PhysicalMethod> {
  readonly label: string
  readonly server: ServerFacts
  readonly timeline: number
  /** where recovery begins, "0/2000028" */
  readonly startLsn: string
  /** the database is consistent from here on; a recovery target must lie behind it */
  readonly stopLsn: string
  /** the server's clock, ISO 8601, UTC */
  readonly startedAt: string
  readonly stoppedAt: string
  readonly fromStandby: boolean
  readonly tablespaces: readonly TablespaceFacts[]
  /** those that a server started from the backup must have at least, or must have the same */
  readonly settings: Readonly<Record<string, string>>
  readonly databases: readonly DatabaseFacts[]
  /** the role that initdb made: the one that is certainly there to log in to a restored server */
  readonly superuser: string
  readonly extensions: readonly ExtensionFacts[]
  readonly collations: readonly CollationFacts[]
  /** of data, tablespaces and WAL; neither this file nor the server's own manifest */
  readonly files: number
  readonly bytes: number
  readonly findings: readonly BackupFinding[]
  /** `undefined` when pages were not or could not be checked (no data checksums). Unchanged local files are not read. */
  readonly pagesChecked?: number
  readonly pagesBad: number
}

export interface ServerFacts {
  /** "15.18" */
  readonly version: string
  /** 150018 */
  readonly versionNumber: number
  /** text, because it has 64 bits */
  readonly systemIdentifier: string
  readonly dataChecksums: boolean
  readonly walSegmentBytes: number
  readonly blockBytes: number
  /** blocks in one file of a relation, 131072 for files of 1 GiB */
  readonly relationSegmentBlocks: number
}

export interface TablespaceFacts {
  readonly oid: number
  /** where it lay on the server; relative to the data directory for one "in place" */
  readonly path: string
  readonly sizeBytes: number
}

export interface DatabaseFacts {
  readonly name: string
  readonly oid: number
  /** absent when the role may not connect to it */
  readonly sizeBytes?: number
}

export interface ExtensionFacts {
  readonly database: string
  readonly name: string
  readonly version: string
}

/** The library version that sorted a database's indexes: with another one they must be rebuilt. */
export interface CollationFacts {
  readonly database: string
  readonly collation: string
  /** "libc", "icu", "builtin" */
  readonly provider: string
  readonly version?: string
}

/** Something about one file that a person should know. */
export interface BackupFinding {
  /** in the snapshot */
  readonly path: string
  /** block of the relation, counted over all its files */
  readonly block?: number
  /** database, schema and name: "shop.public.orders" */
  readonly relation?: string
  readonly message: string
}
