import type { Severity } from '@holdfast/core/config/effective-config'

export const findingKinds = [
  'overdue',
  'failed',
  'suspiciously-small',
  'suspiciously-large',
  'slow',
  'log-gap',
  'log-behind',
  'slot-danger',
  'unproven',
  'proof-failed',
  'copy-missing',
  'check-failed',
  'capacity',
  'clock-skew',
  'unprotected',
  'anomaly',
  'retention-paused',
  'archived',
  'damaged-source',
  'objective-missed',
  'agent-away',
  'agent-refused',
  'agent-stores-much',
  'configuration',
] as const
export type FindingKind = (typeof findingKinds)[number]

/** What a finding is about. At most one of each. */
export interface FindingSubject {
  readonly source?: string
  readonly repository?: string
  readonly application?: string
}

/** Something seen now. The same kind and subject (and `about`, where there can be several) is the same finding. */
export interface Observation {
  readonly kind: FindingKind
  readonly severity: Severity
  readonly subject: FindingSubject
  readonly about?: string
  /** one line: "shop-db was last backed up 9 h ago" */
  readonly title: string
  /** what to do, and the figures behind it, for people */
  readonly detail: string
  /** the figures themselves: { ageMs: …, promisedMs: … } */
  readonly figures: Readonly<Record<string, number>>
}

/** Somebody sees to it: it is not repeated any more. Holds until the finding is resolved. */
export interface Acknowledgement {
  readonly by: string
  readonly at: Date
  readonly note: string
  /** what was seen is as it should be: an anomaly is over with the next backup that looks as usual again */
  readonly isExpected?: boolean
}

export interface Finding extends Observation {
  /** kind and subject as text; stable */
  readonly key: string
  readonly firstSeenAt: Date
  readonly lastSeenAt: Date
  /** absent: open */
  readonly resolvedAt?: Date
  readonly acknowledged?: Acknowledgement
}
