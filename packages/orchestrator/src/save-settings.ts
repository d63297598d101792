import type { SaveRequest, SnapshotIdentity } from '@holdfast/repository/save/save-request'

/** How snapshots are written that are not of a user's own files. */
export interface SaveSettings {
  /** `hostname` is the host of the source, not of the machine that writes */
  readonly identity: SnapshotIdentity
  readonly programVersion: string
  readonly compression: SaveRequest['compression']
  readonly packBytes: number
  readonly workers: number
  readonly verbose: boolean
}

/** The parts of a request that concern files which a user chooses, for a source that chooses its own. */
export const wholeSource = {
  filter: {},
  excludes: [],
  withAtime: false,
  ignoreCtime: false,
  ignoreInode: false,
  dryRun: false,
  skipIfUnchanged: false,
  scan: false,
} as const satisfies Partial<SaveRequest>
