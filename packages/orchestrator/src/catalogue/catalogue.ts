import type { AuditStore } from '../access/audit-entry.ts'
import type { SessionStore } from '../access/session-record.ts'
import type { TokenStore } from '../access/token-record.ts'
import type { UserStore } from '../access/user-record.ts'
import type { Finding } from '../finding/finding.ts'
import type { EndedRun, Operation, Run, RunState } from '../run/run.ts'

/**
 * What the control plane remembers: runs, proofs, findings, what lies where. The truth about snapshots is always the
 * repository; all of this can be lost and rebuilt (`catalogue rebuild`). Every method is one transaction; what has
 * returned survives `kill -9`. One conformance suite runs against each store.
 */
export interface Catalogue extends AsyncDisposable {
  /** for people, never a secret: "sqlite:/var/lib/holdfast/catalogue.db" */
  readonly location: string
  readonly runs: RunStore
  readonly snapshots: SnapshotStore
  readonly proofs: ProofStore
  readonly findings: FindingStore
  readonly samples: SampleStore
  readonly marks: MarkStore
  readonly users: UserStore
  readonly sessions: SessionStore
  readonly tokens: TokenStore
  readonly audit: AuditStore
  /** One question without patience, for those who ask whether it can be used right now. Fails with CATALOGUE_…. */
  probe(): Promise<void>
  /** how far this machine's clock is ahead of the store's; 0 where the store has none of its own */
  clockOffsetMs(): Promise<number>
}

export interface RunFilter {
  readonly source?: string
  /** of one of these; none: of nothing */
  readonly sources?: readonly string[]
  readonly repository?: string
  readonly operation?: Operation
  readonly states?: readonly RunState[]
  readonly since?: Date
  /** newest first, at most so many */
  readonly limit?: number
  /** only those that come after this one in the list; none when it is not there */
  readonly before?: string
}

/** Of each operation and source or repository, in one question. */
export interface NewestRuns {
  /** the newest that ended, however it ended */
  readonly ended: readonly EndedRun[]
  /** the newest that succeeded, wholly or in part */
  readonly succeeded: readonly EndedRun[]
}

/** Reading of runs; they are changed through the queue only (`run/run-queue.ts`). */
export interface RunStore {
  get(id: string): Promise<Run | undefined>
  list(filter: RunFilter): Promise<readonly Run[]>
  newest(): Promise<NewestRuns>
  /** ended runs older than this are forgotten, except the newest of each operation and subject; how many */
  trim(before: Date): Promise<number>
}

/** A snapshot as it was last seen in one repository. */
export interface SnapshotRecord {
  readonly repository: string
  readonly snapshotId: string
  readonly source: string
  /** when the source was in this state */
  readonly time: Date
  /** snapshots of one backup have the same: run id, or the id of the original of a copy */
  readonly lineage: string
  readonly bytes?: number
  readonly bytesAdded?: number
}

export interface SnapshotStore {
  /** what a repository holds of all sources now: replaces what was known of it */
  replace(repository: string, records: readonly SnapshotRecord[]): Promise<void>
  add(records: readonly SnapshotRecord[]): Promise<void>
  remove(repository: string, snapshotIds: readonly string[]): Promise<void>
  /** newest first */
  list(filter: SnapshotFilter): Promise<readonly SnapshotRecord[]>
  /** per source and repository: newest, oldest, how many, in one question */
  overview(): Promise<readonly SnapshotOverview[]>
}

export interface SnapshotFilter {
  readonly source?: string
  /** any of these */
  readonly sources?: readonly string[]
  readonly repository?: string
  readonly notAfter?: Date
  /** at most so many */
  readonly limit?: number
}

export interface SnapshotOverview {
  readonly source: string
  readonly repository: string
  readonly count: number
  readonly oldest: Date
  readonly newest: Date
  readonly newestId: string
  /** of the newest, where known */
  readonly newestBytes?: number
}

export interface ProofRecord {
  readonly id: string
  readonly runId?: string
  readonly source: string
  readonly repository: string
  readonly snapshotId: string
  readonly verdict: 'passed' | 'failed'
  /** "newest", or the instant */
  readonly target: string
  readonly endedAt: Date
  /** measured: until the service would be back */
  readonly recoveryMs: number
  readonly bytes: number
  /** name, verdict and evidence of each check, as JSON of core/proof/check */
  readonly checks: string
}

export interface ProofStore {
  add(record: ProofRecord): Promise<void>
  get(id: string): Promise<ProofRecord | undefined>
  /** newest first; `sources` and `before` as with runs */
  list(filter: {
    readonly source?: string
    readonly sources?: readonly string[]
    readonly before?: string
    readonly since?: Date
    readonly limit?: number
  }): Promise<readonly ProofRecord[]>
  /** newest passed and newest of all, per source, in one question; those that passed without their checks */
  newest(): Promise<readonly ProofRecord[]>
  /** the passed one with the greatest `recoveryMs` of those ended since then, per source, in one question; without checks */
  slowest(since: Date): Promise<readonly ProofRecord[]>
}

export interface FindingStore {
  /** open ones, or all since an instant */
  list(filter: { readonly isOpen?: boolean; readonly since?: Date }): Promise<readonly Finding[]>
  /** inserts or replaces by key and first seen */
  put(findings: readonly Finding[]): Promise<void>
}

/** One figure of one subject at one instant: "rpo", "source/shop" → ms. For history, forecasts and anomalies. */
export interface Sample {
  readonly figure: string
  readonly subject: string
  readonly at: Date
  readonly value: number
}

export interface SampleFilter {
  readonly figure: string
  readonly subject?: string
  readonly since: Date
  /** only the newest, so many of them */
  readonly newest?: number
}

export interface SampleStore {
  add(samples: readonly Sample[]): Promise<void>
  /** oldest first */
  list(filter: SampleFilter): Promise<readonly Sample[]>
  /** the newest of each figure and subject */
  newest(): Promise<readonly Sample[]>
  trim(before: Date): Promise<number>
}

/**
 * Small facts with one value each: when a schedule last fired, what a channel was sent last, how far a check has read.
 * `compareAndSet` writes only when the value is still the expected one (undefined: not there), so that of several
 * servers one wins.
 */
export interface MarkStore {
  get(key: string): Promise<string | undefined>
  list(prefix: string): Promise<ReadonlyMap<string, string>>
  set(key: string, value: string): Promise<void>
  compareAndSet(key: string, expected: string | undefined, value: string): Promise<boolean>
  remove(key: string): Promise<void>
}
