import type { SharedBlobIndex } from '../engine/blob-index.ts'
import type { MasterKey } from '../format/master-key.ts'
import type { FindingKind } from './finding.ts'
import type { SharedPackEntries } from './pack-entries.ts'

/** What a thread that reads packs is started with. */
export interface CheckDataSetup {
  readonly key: MasterKey
  readonly index: SharedBlobIndex
  readonly entries: SharedPackEntries
  /** root of a repository on a local disk */
  readonly readableRoot?: string
  /** how much of a pack is read at once; a single larger blob or header is read whole */
  readonly windowBytes: number
  /** room for the largest sealed blob or header … */
  readonly maxSealedBytes: number
  /** … and for the largest blob itself */
  readonly maxPlainBytes: number
}

export interface CheckDataJob {
  /** number of the pack in the index */
  readonly pack: number
  readonly sizeBytes: number
}

/** One thing wrong with a pack. */
export interface PackProblem {
  readonly kind: FindingKind
  /** of the pack or the blob */
  readonly id: string
  readonly reason: string
}

export interface CheckDataResult {
  readonly problems: readonly PackProblem[]
  /** the first reading differed from the second, which found nothing wrong */
  readonly unstable: boolean
  /** whether a tree in it is damaged or refers to something that is not in the index */
  readonly treeTrouble: boolean
}
