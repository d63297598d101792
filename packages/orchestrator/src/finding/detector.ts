import type { CronClock } from '../planning/cron-clock.ts'
import type { Facts } from '../planning/facts.ts'
import type { FindingKind, FindingSubject, Observation } from './finding.ts'
import type { History } from './history.ts'

/** Everything that detectors look at: one moment, plain values. */
export interface View {
  readonly facts: Facts
  readonly history: History
  /** how far this machine's clock is ahead of the catalogue's */
  readonly clockOffsetMs: number
  readonly clock: CronClock
}

/** What could not be looked at now: an open finding of it stays as it is. Without `about`, all of that kind and subject. */
export interface Unseen {
  readonly kind: FindingKind
  readonly subject: FindingSubject
  readonly about?: string
}

export interface Sight {
  readonly observations: readonly Observation[]
  readonly unseen: readonly Unseen[]
}

/** Looks for one kind of trouble. Pure: the same view gives the same sight. */
export type Detector = (view: View) => Sight

export const noSight: Sight = { observations: [], unseen: [] }

export function joinSights(sights: Iterable<Sight>): Sight {
  const all = [...sights]
  return {
    observations: all.flatMap(({ observations }) => observations),
    unseen: all.flatMap(({ unseen }) => unseen),
  }
}
