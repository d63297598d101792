import { AppError } from '@holdfast/core/errors/app-error'
import type { RecoverableLog } from './recoverable-log.ts'
import type { TimelineHistory } from './timeline-history.ts'
import { WalChains } from './wal-chain.ts'

/** Every timeline of which there is something, oldest first. */
export function knownTimelines({ bases, segments, histories }: RecoverableLog): number[] {
  const known = [...bases, ...segments, ...histories].map((each) => each.timeline)
  return [...new Set(known)].sort((first, second) => first - second)
}

/**
 * The way to a timeline, or to the newest one that a base backup leads to. `target`: what it is for, as an error tells it. Fails
 * with RECOVERY_TIMELINE_UNKNOWN.
 */
export function chainsOf(log: RecoverableLog, timeline: number | 'latest', target: string): WalChains {
  const known = knownTimelines(log)
  const wanted = timeline === 'latest' ? known.toReversed() : [timeline]
  for (const candidate of wanted) {
    const history = historyOf(log, candidate)
    const chains = history === undefined ? undefined : new WalChains(log, history)
    if (chains !== undefined && log.bases.some((base) => chains.from(base) !== undefined)) return chains
  }
  const [only = 1] = wanted
  if (timeline === 'latest') throw new AppError('RECOVERY_NO_BASE', { target })
  const reason = !known.includes(only)
    ? 'nothing of it is there'
    : historyOf(log, only) === undefined
      ? 'its history file is missing'
      : 'no base backup leads to it'
  const details = { target, timeline: only, reason, timelines: known.join(', ') || 'none' }
  throw new AppError('RECOVERY_TIMELINE_UNKNOWN', details)
}

/**
 * Timeline 1 has no history file; a cluster that was given another first one is not known from outside. A base backup brings
 * that of its own timeline in its pg_wal, which is enough to recover on it where no log has one.
 */
function historyOf({ histories, bases }: RecoverableLog, timeline: number): TimelineHistory | undefined {
  const written = histories.find((history) => history.timeline === timeline)
  const needsNone = timeline === 1 || bases.some((base) => base.timeline === timeline)
  return written ?? (needsNone ? { timeline, ancestors: [] } : undefined)
}
