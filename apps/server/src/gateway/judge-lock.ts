import type { LockFile } from '@holdfast/repository/format/lock-file'
import { parseTimestamp } from '@holdfast/repository/format/timestamp'

const aheadMs = 10 * 60_000
/** Older ones are stale already. */
const behindMs = 30 * 60_000

/**
 * Why a lock is not taken; undefined when it is. Nothing that an agent may do needs a repository alone, and one that is
 * locked so keeps everybody else out.
 */
export function judgeLock({ exclusive, time }: LockFile, now: Date): string | undefined {
  if (exclusive) return 'it asks for the repository alone'
  const at = parseTimestamp(time)
  const ageMs = at === undefined ? Infinity : now.getTime() - Number(at.ns / 1_000_000n)
  if (ageMs > behindMs) return 'its time is past'
  return ageMs < -aheadMs ? 'its time is in the future' : undefined
}
