/** What is done with a source or a repository again and again. Also the order of the day: each waits for the one before it. */
export const routineOperations = ['backup', 'copy', 'forget', 'prune', 'check', 'verify'] as const
/** And what is planned and confirmed by a person first. */
export const operations = [...routineOperations, 'restore'] as const
export type Operation = (typeof operations)[number]

/**
 * `queued` → `running` → one of the ends. A run whose process died is `lost` when its lease has run out, and is queued
 * again as a new attempt when it may be. Every run reaches exactly one end.
 */
export type RunState = (typeof runStates)[number]
export type EndState = (typeof endStates)[number]
export const endStates = ['succeeded', 'partial', 'failed', 'cancelled', 'timed-out', 'lost'] as const
export const runStates = ['queued', 'running', ...endStates] as const

/** Why a run exists. `fire`: the schedule's instant, part of what makes a scheduled run unique. */
export type RunCause =
  | { readonly type: 'schedule'; readonly fire: Date; readonly isMadeUp: boolean }
  | { readonly type: 'manual'; readonly by: string }
  | { readonly type: 'after'; readonly runId: string }

/** What is asked for. */
export interface RunDraft {
  readonly operation: Operation
  readonly source?: string
  readonly repository?: string
  /** what the operation needs beside: the snapshot of a copy, the instant of a proof */
  readonly arguments: Readonly<Record<string, string>>
  readonly cause: RunCause
  /**
   * Two runs with the same key are never there twice, queued, running or ended: "backup/shop/2026-11-21T02:00:00.000Z"
   * for scheduled ones, a random one for those by hand.
   */
  readonly uniqueKey: string
  /** Of runs with the same key one runs at a time: "source/shop", "repository/offsite". */
  readonly exclusiveKeys: readonly string[]
  /** counted against the limits: "host/web-1", "repository/offsite" */
  readonly limitKeys: readonly string[]
  /** not before */
  readonly dueAt: Date
  /** greater is sooner */
  readonly priority: number
  readonly timeoutMs: number
  /** how often it may be tried in all */
  readonly attempts: number
}

export interface RunError {
  readonly code: string
  readonly message: string
  readonly hint: string
}

/** Times are of the catalogue's clock, except those in `result`. */
export interface Run extends RunDraft {
  /** UUID version 7: sorts by time */
  readonly id: string
  readonly state: RunState
  /** how often it was begun: 0 until it is leased for the first time */
  readonly attempt: number
  readonly queuedAt: Date
  readonly startedAt?: Date
  readonly endedAt?: Date
  /** process that has it, or had it last: "web-1:4711:…" */
  readonly leasedBy?: string
  readonly leasedUntil?: Date
  readonly isCancelRequested: boolean
  readonly error?: RunError
  /** what came of it; figures named with units: { bytesRead, bytesStored, … } */
  readonly result?: RunResult
}

/** What came of a run: what is read of thousands at a time. */
export type EndedRun = Pick<
  Run,
  'id' | 'operation' | 'source' | 'repository' | 'arguments' | 'state' | 'attempt' | 'endedAt' | 'error' | 'result'
>

/** All optional: each operation fills in what it knows. */
export interface RunResult {
  /** repository → id of the snapshot made or copied */
  readonly snapshots?: Readonly<Record<string, string>>
  readonly filesNew?: number
  readonly filesChanged?: number
  readonly filesUnmodified?: number
  readonly bytesRead?: number
  /** new in the repository before compression, and as stored */
  readonly bytesAdded?: number
  readonly bytesStored?: number
  readonly snapshotsRemoved?: number
  readonly bytesFreed?: number
  readonly bytesChecked?: number
  readonly filesRestored?: number
  readonly bytesRestored?: number
  /** a directory, or a database and its server */
  readonly restoredTo?: string
  readonly problems?: readonly string[]
}
