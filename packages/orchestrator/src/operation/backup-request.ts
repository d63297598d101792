import type { SourceSettings } from '@holdfast/core/config/effective-config'
import type { Repository } from '@holdfast/repository/repository'
import type { SaveReport } from '@holdfast/repository/save/save-request'
import type { TableRows } from '../finding/row-drops.ts'
import type { Machine } from './machine.ts'

/** What the backup of one kind of workload is given. */
export interface BackupRequest {
  readonly runId: string
  /** of its snapshots, beside those that all have */
  readonly tags: readonly string[]
  readonly source: SourceSettings
  /** locked; all cut files alike */
  readonly repositories: readonly Repository[]
  /** this machine's name in snapshots */
  readonly host: string
  readonly machine: Machine
}

export interface SourceBackup {
  readonly saved: SaveReport
  /** what is not as it should be although there is a snapshot */
  readonly problems: readonly string[]
  /** rows counted while the backup was made, where they were: by table */
  readonly tables?: TableRows
}

/** What snapshots of a source are found by. */
export function sourceTags({ source: { name, workload }, runId, tags }: BackupRequest): string[] {
  return ['holdfast', `source=${name}`, `type=${workload.type}`, `run=${runId}`, ...tags]
}
