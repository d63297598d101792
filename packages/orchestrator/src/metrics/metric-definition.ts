/**
 * What `/metrics` tells, in Prometheus' conventions: base units in the names (seconds, bytes, ratios from 0 to 1),
 * `_total` on counters only. Labels are names of the configuration and words of a fixed list, never ids, paths or errors.
 * docs/reference/metrics.md is written from these definitions.
 */
export interface MetricDefinition {
  readonly name: string
  /** one sentence without a full stop */
  readonly help: string
  readonly labels: readonly string[]
}

/** States of now, measured whenever they are asked for. Absent where nothing is known or promised. */
export const gauges = {
  buildInfo: { name: 'holdfast_build_info', help: 'Version of the program, as a label; always 1', labels: ['version'] },
  lastTick: {
    name: 'holdfast_scheduler_last_tick_timestamp_seconds',
    help: 'When the scheduler of this process last looked at all schedules without an error',
    labels: [],
  },
  configurationValid: {
    name: 'holdfast_configuration_valid',
    help: 'Whether the newest configuration file is the one that is used: 0 when it was refused',
    labels: [],
  },
  sourceInfo: {
    name: 'holdfast_source_info',
    help: 'Kind and tier of a source, as labels; always 1',
    labels: ['source', 'type', 'tier'],
  },
  sourceLastBackup: {
    name: 'holdfast_source_last_backup_timestamp_seconds',
    help: 'Instant whose state the newest backup holds',
    labels: ['source'],
  },
  sourceLastSuccess: {
    name: 'holdfast_source_last_success_timestamp_seconds',
    help: 'When an operation on the source last succeeded',
    labels: ['source', 'operation'],
  },
  sourceRestorable: {
    name: 'holdfast_source_newest_restorable_timestamp_seconds',
    help: 'Newest instant that the source can be restored to, by backups and log',
    labels: ['source'],
  },
  recoveryPointAge: {
    name: 'holdfast_source_recovery_point_age_seconds',
    help: 'What would be lost now: age of the newest restorable instant (RPO)',
    labels: ['source'],
  },
  recoveryPointPromise: {
    name: 'holdfast_source_recovery_point_promise_seconds',
    help: 'What may be lost by the promise of the tier (RPO)',
    labels: ['source'],
  },
  recoveryTime: {
    name: 'holdfast_source_recovery_time_seconds',
    help: 'How long a restore takes, as proofs measured it (RTO)',
    labels: ['source'],
  },
  recoveryTimePromise: {
    name: 'holdfast_source_recovery_time_promise_seconds',
    help: 'How long a restore may take by the promise of the tier (RTO)',
    labels: ['source'],
  },
  objectiveMet: {
    name: 'holdfast_source_objective_met',
    help: 'Whether a promise is kept now (objective rpo or rto)',
    labels: ['source', 'objective'],
  },
  proofAge: {
    name: 'holdfast_source_proof_age_seconds',
    help: 'Age of the newest proof that passed: a restore that was made and checked',
    labels: ['source'],
  },
  proofPassed: {
    name: 'holdfast_source_proof_passed',
    help: 'Whether the newest proof passed',
    labels: ['source'],
  },
  score: {
    name: 'holdfast_source_score_points',
    help: 'How many of the five demands of 3-2-1-1-0 are met',
    labels: ['source'],
  },
  copies: {
    name: 'holdfast_source_copies',
    help: 'Repositories that hold the newest backup',
    labels: ['source'],
  },
  snapshots: {
    name: 'holdfast_source_snapshots',
    help: 'Backups of the source in a repository',
    labels: ['source', 'repository'],
  },
  sourceSize: {
    name: 'holdfast_source_size_bytes',
    help: 'Size of the source at its newest backup',
    labels: ['source'],
  },
  backupDuration: {
    name: 'holdfast_source_last_backup_duration_seconds',
    help: 'How long the newest backup took',
    labels: ['source'],
  },
  backupAdded: {
    name: 'holdfast_source_last_backup_added_bytes',
    help: 'What the newest backup added, before compression',
    labels: ['source'],
  },
  backupStored: {
    name: 'holdfast_source_last_backup_stored_bytes',
    help: 'What the newest backup took in the repository',
    labels: ['source'],
  },
  deduplication: {
    name: 'holdfast_source_deduplication_ratio',
    help: 'Part of the newest backup that the repository already held',
    labels: ['source'],
  },
  sourceFindings: {
    name: 'holdfast_source_findings',
    help: 'Open findings about the source',
    labels: ['source', 'severity'],
  },
  findings: {
    name: 'holdfast_findings',
    help: 'Open findings; unacknowledged ones only where acknowledged is "no"',
    labels: ['kind', 'severity', 'acknowledged'],
  },
  logLag: {
    name: 'holdfast_log_lag_seconds',
    help: 'Age of the newest instant of the continuous log that is stored',
    labels: ['source'],
  },
  logFollowed: {
    name: 'holdfast_log_followed_timestamp_seconds',
    help: 'When the follower of the continuous log last said that it is alive',
    labels: ['source'],
  },
  logGap: {
    name: 'holdfast_log_gap',
    help: 'Whether the continuous log has a gap that no backup has closed yet',
    labels: ['source'],
  },
  slotKept: {
    name: 'holdfast_log_slot_kept_bytes',
    help: 'Log that the database server keeps because it is not stored yet',
    labels: ['source'],
  },
  applicationObjectiveMet: {
    name: 'holdfast_application_objective_met',
    help: 'Whether a promise is kept now by all sources of the application (objective rpo or rto)',
    labels: ['application', 'objective'],
  },
  applicationRecoveryPointAge: {
    name: 'holdfast_application_recovery_point_age_seconds',
    help: 'What would be lost now by the worst of its sources',
    labels: ['application'],
  },
  repositorySize: {
    name: 'holdfast_repository_size_bytes',
    help: 'What the repository takes',
    labels: ['repository'],
  },
  repositoryCapacity: {
    name: 'holdfast_repository_capacity_bytes',
    help: 'What the repository may take, as configured',
    labels: ['repository'],
  },
  repositorySnapshots: {
    name: 'holdfast_repository_snapshots',
    help: 'Snapshots in the repository, of all sources and others',
    labels: ['repository'],
  },
  repositoryLastSuccess: {
    name: 'holdfast_repository_last_success_timestamp_seconds',
    help: 'When an operation on the repository last succeeded',
    labels: ['repository', 'operation'],
  },
  repositoryReadAge: {
    name: 'holdfast_repository_unread_age_seconds',
    help: 'How long ago the part of its data was read that was not read for the longest time',
    labels: ['repository'],
  },
  repositoryReadPromise: {
    name: 'holdfast_repository_unread_promise_seconds',
    help: 'Within what time all of its data is to be read again, as configured',
    labels: ['repository'],
  },
  runsActive: {
    name: 'holdfast_runs_active',
    help: 'Runs that wait (queued) or are being done (running)',
    labels: ['operation', 'state'],
  },
  channelFailures: {
    name: 'holdfast_channel_failures',
    help: 'Failed attempts to send to a notification channel since the last that succeeded',
    labels: ['channel'],
  },
} as const satisfies Readonly<Record<string, MetricDefinition>>

/** What has happened in this process since it was started. */
export const counters = {
  runs: { name: 'holdfast_runs_total', help: 'Runs that ended', labels: ['operation', 'state'] },
  backupRead: {
    name: 'holdfast_backup_read_bytes_total',
    help: 'Size of the sources in backups that were made',
    labels: ['source'],
  },
  backupAdded: {
    name: 'holdfast_backup_added_bytes_total',
    help: 'What backups added, before compression',
    labels: ['source'],
  },
  backupStored: {
    name: 'holdfast_backup_stored_bytes_total',
    help: 'What backups took in repositories',
    labels: ['source'],
  },
  checkedBytes: { name: 'holdfast_checked_bytes_total', help: 'Data that checks have read', labels: ['repository'] },
  freedBytes: { name: 'holdfast_freed_bytes_total', help: 'What pruning has freed', labels: ['repository'] },
} as const satisfies Readonly<Record<string, MetricDefinition>>

export const histograms = {
  runDuration: {
    name: 'holdfast_run_duration_seconds',
    help: 'How long runs took that this process did',
    labels: ['operation'],
    /** from a second to a day */
    buckets: [1, 5, 15, 60, 300, 900, 1800, 3600, 7200, 14_400, 28_800, 86_400],
  },
} as const satisfies Readonly<Record<string, MetricDefinition & { readonly buckets: readonly number[] }>>

export type GaugeKey = keyof typeof gauges
