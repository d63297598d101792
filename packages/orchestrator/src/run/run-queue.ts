import type { EndState, Run, RunDraft, RunError, RunResult } from './run.ts'

/** How many runs with a limit key may run at once: "host/web-1" → 2. Keys that are not named have no limit. */
export type RunLimits = ReadonlyMap<string, number>

/** How a run ended, or that it is to be tried again. */
export interface RunOutcome {
  readonly state: EndState
  readonly result?: RunResult
  readonly error?: RunError
  /** set: not an end, but queued again for then as the next attempt, if attempts are left */
  readonly retryAt?: Date
}

/**
 * Runs that wait and runs that are being done. Safe for any number of processes on one catalogue: a run is leased by one
 * process at a time, never two runs share an exclusive key, and no unique key is taken twice. A run that holds an
 * exclusive key also keeps out those that only count against it as a limit key ("repository/offsite" while it is
 * pruned); one that has waited for its keys for a quarter of an hour is given way. One conformance suite for the
 * embedded queue (a table of the catalogue) and for pg-boss.
 */
export interface RunQueue extends AsyncDisposable {
  /** undefined when the unique key was there already */
  enqueue(draft: RunDraft): Promise<Run | undefined>
  /**
   * The most urgent run that is due and may run, now leased by `worker` for `leaseMs`; undefined when there is none.
   * `accepts` says which this process can do.
   */
  lease(worker: string, options: LeaseOptions): Promise<Run | undefined>
  /** Keeps the lease. `isCancelRequested` is how a run is told to stop; `isLost`: it is no longer this worker's. */
  heartbeat(
    runId: string,
    worker: string,
    leaseMs: number,
  ): Promise<{ readonly isCancelRequested: boolean; readonly isLost: boolean }>
  /** False when the run was no longer this worker's: what it did does not count. */
  finish(runId: string, worker: string, outcome: RunOutcome): Promise<boolean>
  /** Hands a run back that this worker stops doing, to be leased again at once; the attempt does not count. */
  release(runId: string, worker: string): Promise<boolean>
  /** A queued run ends at once, a running one is told by its next heartbeat. False when it had ended. */
  cancel(runId: string): Promise<boolean>
  /**
   * Ends runs whose lease has run out: queued again where attempts are left, `cancelled` where that was asked for, else
   * `lost`. Returns them as they are then. To be called every few seconds by every process that leases.
   */
  expire(): Promise<readonly Run[]>
}

/** What a worker needs of a queue: it does not matter to it whether that is here or behind a server. */
export type LeasedRuns = Pick<RunQueue, 'lease' | 'heartbeat' | 'finish' | 'release' | 'expire'>

export interface LeaseOptions {
  readonly leaseMs: number
  readonly limits: RunLimits
  accepts?(run: Run): boolean
  /** Looks at the runs themselves rather than wait to be told of one: for whoever knows that there is one. */
  readonly isKnownDue?: boolean
}
