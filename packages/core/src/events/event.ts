/**
 * What happens during long work, as one discriminated union. Packages only emit; sinks (progress bar, JSON lines, log,
 * metrics) read. Figures are totals so far, never deltas, so a sink may drop any event but the last. Names are
 * `noun.past-tense`.
 */
export type Event =
  | BackupProgressed
  | RestoreProgressed
  | CheckProgressed
  | WorkProgressed
  | ItemFailed
  | MessageNoted
  | LockRemoved
  | RequestRetried
  | ItemProcessed
  | FindingNoted
  | LogFollowed

/** Bytes are those of the source files; `totalBytes` and `totalFiles` are absent until the scan has counted them. */
export interface BackupProgressed {
  type: 'backup.progressed'
  filesDone: number
  bytesDone: number
  totalFiles?: number
  totalBytes?: number
  errors: number
  currentFiles: readonly string[]
}

export interface RestoreProgressed {
  type: 'restore.progressed'
  filesDone: number
  filesSkipped: number
  filesDeleted: number
  bytesDone: number
  bytesSkipped: number
  totalFiles: number
  totalBytes: number
}

export interface CheckProgressed {
  type: 'check.progressed'
  stage: 'index' | 'snapshots' | 'packs' | 'data'
  done: number
  total: number
  bytesDone: number
  totalBytes?: number
}

/** Any other counted work: deleting files, rewriting packs, copying snapshots. `unit` is plural: "packs". */
export interface WorkProgressed {
  type: 'work.progressed'
  work: string
  unit: string
  done: number
  total?: number
  bytesDone?: number
  totalBytes?: number
}

/** One file or object could not be processed; the work goes on and its result will be partial. */
export interface ItemFailed {
  type: 'item.failed'
  during: 'scan' | 'archival' | 'restore' | 'verify' | 'check' | 'copy' | 'prune'
  item: string
  error: string
}

/** Emitted only when the caller asked for verbose output. */
export interface ItemProcessed {
  type: 'item.processed'
  action: 'new' | 'unchanged' | 'modified' | 'restored' | 'updated' | 'deleted' | 'skipped'
  item: string
  sizeBytes: number
}

export interface MessageNoted {
  type: 'message.noted'
  level: 'info' | 'warning'
  message: string
}

/** A stale lock of a dead process was removed. */
export interface LockRemoved {
  type: 'lock.removed'
  lock: string
  reason: string
}

export interface RequestRetried {
  type: 'request.retried'
  action: string
  file: string
  attempt: number
  delayMs: number
  error: string
}

/**
 * Something about a source that a person should act on although the work goes on. `code` is stable: AREA_PROBLEM, as
 * those of errors. Comes again only when it has changed or is back after it had passed.
 */
export interface FindingNoted {
  type: 'finding.noted'
  code: string
  message: string
  hint: string
}

/** A continuous log is being followed. Positions are the database's own: "0/A3000000". */
export interface LogFollowed {
  type: 'log.followed'
  timeline: number
  /** up to here it was received, and up to here it is durable */
  received: string
  durable?: string
  segments: number
  bytesReceived: number
  /** Everything committed up to this instant of the database's clock is durable. ISO 8601 with microseconds. */
  recoverableUntil?: string
}
