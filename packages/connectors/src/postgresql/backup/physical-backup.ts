import type { Entry, InspectorReference } from '@holdfast/core/entry'
import type { BackupManifest } from './backup-manifest.ts'

export interface PhysicalBackupOptions {
  /** name of the source: entries lie under "postgresql/<source>/" */
  readonly source: string
  /** of the cluster that it must be, when known: another one is refused */
  readonly systemIdentifier?: string
  /** "fast": at once, with a burst of writes; "spread": as slowly as checkpoint_completion_target says, minutes */
  readonly checkpoint: 'fast' | 'spread'
  /** how fast the server may send, KiB per second, from 32 to 1048576; wire only */
  readonly maxRateKib?: number
  /** "wire": over the replication protocol, from anywhere; "direct": this machine reads the data directory itself */
  readonly method: 'wire' | 'direct'
  /** direct only: where the server's data directory is seen from here; as the server says when absent */
  readonly dataDirectory?: string
  /** compare every page with its checksum, if the cluster has them */
  readonly verifyPages: boolean
  /** seen in the server's backup_label; one line */
  readonly label: string
  /** of the program, for the manifest */
  readonly toolVersion: string
}

/**
 * A base backup that has begun. Everything is released when the entries end, are left, or throw; `asyncDispose` does it
 * when they are never asked for.
 */
export interface PhysicalBackup extends AsyncDisposable {
  /**
   * To be read once, in order. Throws when the backup is not whole: server gone, file missing or altered, WAL gone, privilege
   * lost. Then nothing that came counts. The last one is manifest.json.
   */
  readonly entries: AsyncIterable<Entry>
  /** for local files (direct); what it says must reach `onInspected` before "settle" is passed */
  readonly inspector?: InspectorReference
  onInspected(path: string, messages: readonly string[]): void
  /** undefined until the last entry has been yielded */
  manifest(): BackupManifest | undefined
}
