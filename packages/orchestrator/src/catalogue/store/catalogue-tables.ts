/** On PostgreSQL a schema of our own, so that the database may have other users. */
export const postgresSchema = 'holdfast'

/**
 * The tables as queries see them, the same in both stores. Times are ms since 1970 by the store's clock, flags 0 or 1,
 * lists and objects JSON. Made by `migration/`; what is not needed to find a row is JSON, so that it may grow without one.
 */
export interface CatalogueTables {
  runs: RunTable
  held_keys: HeldKeyTable
  newest_runs: NewestRunTable
  snapshots: SnapshotTable
  snapshot_overviews: SnapshotOverviewTable
  proofs: ProofTable
  newest_proofs: NewestProofTable
  findings: FindingTable
  samples: SampleTable
  newest_samples: SampleTable
  marks: MarkTable
  users: UserTable
  sessions: SessionTable
  tokens: TokenTable
  audit: AuditTable
  audit_head: AuditHeadTable
}

export interface RunTable {
  id: string
  operation: string
  source: string | null
  repository: string | null
  arguments: string
  cause: string
  unique_key: string
  exclusive_keys: string
  limit_keys: string
  due_at: number
  priority: number
  timeout_ms: number
  attempts: number
  attempt: number
  state: string
  queued_at: number
  started_at: number | null
  ended_at: number | null
  leased_by: string | null
  leased_until: number | null
  cancel_requested: number
  error: string | null
  result: string | null
}

/** Exclusive keys of running runs: the primary key is what makes two holders impossible. */
interface HeldKeyTable {
  key: string
  run_id: string
}

/** Kept with every end of a run, so that nobody has to look through all of them. '' where there is no such subject. */
interface NewestRunTable {
  operation: string
  source: string
  repository: string
  state: string
  run_id: string
  ended_at: number
}

export interface SnapshotTable {
  repository: string
  snapshot_id: string
  source: string
  time: number
  lineage: string
  bytes: number | null
  bytes_added: number | null
}

/** Of each source in each repository that has any; kept with every change of the snapshots. */
export interface SnapshotOverviewTable {
  source: string
  repository: string
  count: number
  oldest: number
  newest: number
  newest_id: string
  newest_bytes: number | null
}

export interface ProofTable {
  id: string
  run_id: string | null
  source: string
  repository: string
  snapshot_id: string
  verdict: string
  target: string
  ended_at: number
  recovery_ms: number
  bytes: number
  checks: string
}

interface NewestProofTable {
  source: string
  kind: 'any' | 'passed'
  proof_id: string
  ended_at: number
}

interface FindingTable {
  key: string
  first_seen_at: number
  last_seen_at: number
  resolved_at: number | null
  finding: string
}

export interface SampleTable {
  figure: string
  subject: string
  at: number
  value: number
}

export interface MarkTable {
  key: string
  value: string
}

export interface UserTable {
  name: string
  role: string
  /** with what it was derived by; null: signs in elsewhere */
  password: string | null
  /** issuer and subject of one who signs in elsewhere */
  subject: string | null
  created_at: number
}

/** Of a secret only the hash is kept: who reads the catalogue cannot sign in with it. */
export interface SessionTable {
  secret_hash: string
  user_name: string
  opened_at: number
  used_at: number
}

export interface TokenTable {
  name: string
  secret_hash: string
  owner: string | null
  role: string
  sources: string | null
  created_at: number
  expires_at: number | null
  used_at: number | null
}

export interface AuditTable {
  sequence: number
  at: number
  caller_kind: string
  caller: string
  act: string
  subject: string
  outcome: string
  detail: string
  hash: string
}

/** One row: the newest of `audit`. */
interface AuditHeadTable {
  sequence: number
  hash: string
}
