/** What happens to a file that is there already. restic's words. */
export type OverwriteMode = 'always' | 'if-changed' | 'if-newer' | 'never'

/** Lines of a pattern list, as `compilePatterns` takes them; plain data, so that worker threads compile their own. */
export interface PatternSpec {
  readonly lines: readonly string[]
  readonly caseInsensitive?: boolean
}

export interface RestoreRequest {
  /** id of the tree whose content goes into the target */
  readonly tree: string
  /** directory to restore into; it is made when it is not there */
  readonly target: string
  /** when given, only what they match is restored (paths as in the tree, starting with a slash) */
  readonly include?: readonly PatternSpec[]
  /** what they match is left out */
  readonly exclude?: readonly PatternSpec[]
  /**
   * - `always`: content is compared by hash, differing parts are written, metadata is set
   * - `if-changed`: a file of equal size and modification time is taken as equal
   * - `if-newer`: files that are at least as new as the snapshot's are left alone
   * - `never`: whatever exists is left alone
   */
  readonly overwrite: OverwriteMode
  /** remove what is in restored directories but not in the snapshot */
  readonly delete: boolean
  /** read every restored file again afterwards and compare the hashes of its content */
  readonly verify: boolean
  /** change nothing, but count and report what would happen */
  readonly dryRun: boolean
  /** write no runs of zeros into new files */
  readonly sparse: boolean
  /** threads */
  readonly workers: number
  /** emit an `item.processed` event for everything */
  readonly verbose: boolean
  /** the snapshot's own figures, when nothing is filtered: spares counting before the work begins */
  readonly expected?: { readonly files: number; readonly bytes: number }
}

export interface RestoreFailure {
  readonly path: string
  readonly message: string
}

export interface RestoreReport {
  /** written or corrected, hard links included */
  readonly filesRestored: number
  /** bytes written to files */
  readonly bytesRestored: number
  /** left alone: equal already, or not to be overwritten */
  readonly filesSkipped: number
  /** bytes of files that were there already and equal */
  readonly bytesSkipped: number
  readonly directoriesRestored: number
  /** symbolic links, devices, pipes */
  readonly othersRestored: number
  readonly filesDeleted: number
  readonly filesVerified: number
  readonly bytesVerified: number
  /** all failures; `errors` holds the first thousand */
  readonly errorCount: number
  readonly errors: readonly RestoreFailure[]
  readonly durationMs: number
}

/** Failures that are kept in the report; every one is emitted as an event. */
export const reportedFailuresAtMost = 1000
