import type { LockFile } from '../format/lock-file.ts'
import type { MasterKey } from '../format/master-key.ts'
import type { Snapshot } from '../format/snapshot.ts'

/** What a thread that inspects is started with. */
export interface IntakeSetup {
  readonly key: MasterKey
}

/** The kinds of file that may come from outside. */
export type IntakeType = 'data' | 'index' | 'snapshot' | 'lock'

/** A complete file on the local disk, whose bytes are known to be those of its name. */
export interface IntakeJob {
  readonly type: IntakeType
  readonly name: string
  readonly path: string
  readonly sizeBytes: number
}

/** What a file holds, after it was opened in full. */
export type IntakeResult =
  | {
      readonly type: 'data'
      /** of the blobs and where they lie; see `packLayoutDigest` */
      readonly layout: string
      readonly holds: 'tree' | 'data'
    }
  | {
      readonly type: 'index'
      /** pack → layout that the index gives it; the same digest as above */
      readonly layouts: ReadonlyMap<string, string>
    }
  | { readonly type: 'snapshot'; readonly snapshot: Omit<Snapshot, 'raw'> }
  | { readonly type: 'lock'; readonly lock: LockFile }
