import type { PostgresConnection } from '../connection/connection.ts'
import type { PostgresTarget } from '../connection/target.ts'
import type { CollationFacts, ExtensionFacts, TablespaceFacts } from './backup-manifest.ts'
import type { BackupTally } from './backup-tally.ts'
import type { ClusterFacts } from './cluster-facts.ts'
import type { PhysicalBackupOptions } from './physical-backup.ts'

/** What both methods know when they begin. */
export interface BackupRun {
  readonly target: PostgresTarget
  readonly options: PhysicalBackupOptions
  /** holds the slot that keeps WAL, and, for the direct method, the server's backup mode: lost with it */
  readonly session: PostgresConnection
  readonly facts: ClusterFacts
  readonly extensions: readonly ExtensionFacts[]
  readonly collations: readonly CollationFacts[]
  /** the server's clock */
  readonly startedAt: string
  readonly tally: BackupTally
  /** whether page checksums exist and are wanted */
  readonly checksPages: boolean
}

/** Between which positions the backup lies, and of what it consists beside the data directory. */
export interface BackupRange {
  readonly timeline: number
  readonly startLsn: bigint
  readonly stopLsn: bigint
  /** those that were there when the backup began */
  readonly tablespaces: readonly TablespaceFacts[]
}
