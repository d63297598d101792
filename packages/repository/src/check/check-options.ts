import type { CheckFinding } from './finding.ts'

/** Which packs are read in full. */
export type ReadData =
  | 'none'
  | 'all'
  /** the n-th of t parts, 1 ≤ n ≤ t; all parts together are all packs */
  | { readonly part: number; readonly of: number }
  /** a random sample of this share of the packs, 0 < percent ≤ 100 */
  | { readonly percent: number }
  /** a random sample of about this many bytes */
  | { readonly bytes: number }

export interface CheckOptions {
  readonly readData: ReadData
  /** threads, 4 unless given */
  readonly workers?: number
  /** also report blobs that no snapshot needs, as hints */
  readonly unused?: boolean
  /** told of each finding at once */
  readonly onFinding?: (finding: CheckFinding) => void
  /** a number in [0, 1), for samples; cryptographic randomness unless given */
  readonly random?: () => number
}

export interface CheckReport {
  /** how many were found */
  readonly errors: number
  readonly hints: number
  /** the first 10 000 of each severity; all go to `onFinding` */
  readonly findings: readonly CheckFinding[]
  readonly snapshots: number
  readonly indexes: number
  readonly packs: number
  /** copies included */
  readonly blobs: number
  /** directories that were read */
  readonly trees: number
  /** packs that were read in full, and their bytes */
  readonly packsRead: number
  readonly bytesRead: number
  /** lie in an archive of the store: neither read nor counted as wrong */
  readonly packsArchived: number
}
