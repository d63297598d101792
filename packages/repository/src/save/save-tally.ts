import type { Inspected, ItemError, ProcessedItem, SaveCounts, SaveResult } from './save-jobs.ts'

/** What a worker has done since it last reported. */
export interface SaveTally {
  readonly counts: SaveCounts
  /** One regular file is done. */
  file(action: ProcessedItem['action'], path: string, sizeBytes: number): void
  failed(path: string, error: unknown): void
  inspected(path: string, messages: readonly string[]): void
  /** Takes everything and starts anew. */
  take(): Omit<SaveResult, 'outcome'>
}

export function noCounts(targets: number): SaveCounts {
  const perTarget = (): number[] => Array.from({ length: targets }, () => 0)
  return {
    files: 0,
    filesNew: 0,
    filesChanged: 0,
    filesUnmodified: 0,
    dirsNew: 0,
    dirsChanged: 0,
    dirsUnmodified: 0,
    bytes: 0,
    dataBlobs: perTarget(),
    treeBlobs: perTarget(),
    dataAdded: perTarget(),
    dataAddedPacked: perTarget(),
  }
}

export function createSaveTally(targets: number, verbose: boolean): SaveTally {
  let counts = noCounts(targets)
  let errors: ItemError[] = []
  let processed: ProcessedItem[] = []
  let inspected: Inspected[] = []
  let current = ''
  return {
    get counts() {
      return counts
    },
    file(action, path, sizeBytes) {
      counts.files++
      counts.bytes += sizeBytes
      if (action === 'new') counts.filesNew++
      else if (action === 'modified') counts.filesChanged++
      else counts.filesUnmodified++
      current = path
      if (verbose) processed.push({ action, path, sizeBytes })
    },
    failed(path, error) {
      errors.push({ path, message: error instanceof Error ? error.message : String(error) })
    },
    inspected(path, messages) {
      if (messages.length > 0) inspected.push({ path, messages })
    },
    take() {
      const taken = { counts, errors, processed, inspected, current }
      counts = noCounts(targets)
      errors = []
      processed = []
      inspected = []
      return taken
    },
  }
}

/** Adds what a worker reported to the sum. */
export function addCounts(sum: SaveCounts, part: SaveCounts): void {
  sum.files += part.files
  sum.filesNew += part.filesNew
  sum.filesChanged += part.filesChanged
  sum.filesUnmodified += part.filesUnmodified
  sum.dirsNew += part.dirsNew
  sum.dirsChanged += part.dirsChanged
  sum.dirsUnmodified += part.dirsUnmodified
  sum.bytes += part.bytes
  for (const key of ['dataBlobs', 'treeBlobs', 'dataAdded', 'dataAddedPacked'] as const) {
    for (const [target, count] of part[key].entries()) sum[key][target] = (sum[key][target] ?? 0) + count
  }
}
