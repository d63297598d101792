import type { LockFile } from '../format/lock-file.ts'
import { parseTimestamp } from '../format/timestamp.ts'
import type { LockIdentity } from './lock-identity.ts'
import { refreshIntervalMs, staleAfterMs } from './lock-timers.ts'

export interface StaleRule {
  /** of the one who judges */
  readonly identity: LockIdentity
  readonly now: Date
  readonly isProcessAlive: (pid: number) => boolean
}

/**
 * Containers number their processes from 1, so a small number that is not alive here may well be alive in another
 * container of the same host name; the numbers of a whole machine are soon beyond this.
 */
const smallestTellingPid = 100

/** A living holder would have renewed its lock by then, even if one attempt failed. */
const silentAfterMs = 1.5 * refreshIntervalMs

/**
 * Why a lock is provably held by no one, or undefined when that cannot be proven. Any of these is proof:
 * - It is older than 30 minutes: its holder renews it every 5.
 * - It was made by our user under our host name, by a process that is not alive here, and either the process number is
 *   not one that containers give to their first processes, or the lock was not renewed for 7½ minutes as well.
 * Our own process number and number 1 are never proof: after a restart another container's process may bear them.
 */
export function explainStale(lock: LockFile, { identity, now, isProcessAlive }: StaleRule): string | undefined {
  const ageMs = lockAgeMs(lock, now)
  if (ageMs > staleAfterMs) return `it was not renewed since ${lock.time}`
  if (lock.hostname !== identity.hostname || lock.username !== identity.username) return undefined
  if (lock.pid <= 1 || lock.pid === identity.pid || isProcessAlive(lock.pid)) return undefined
  if (lock.pid < smallestTellingPid && ageMs <= silentAfterMs) return undefined
  return `its process ${lock.pid} is gone`
}

/**
 * restic's own rule, for `unlock`, which a person asked for: older than 30 minutes, or made under our host name by a
 * process that is not alive here.
 */
export function isStaleForUnlock(lock: LockFile, { identity, now, isProcessAlive }: StaleRule): boolean {
  if (lockAgeMs(lock, now) > staleAfterMs) return true
  return lock.hostname === identity.hostname && !isProcessAlive(lock.pid)
}

function lockAgeMs(lock: LockFile, now: Date): number {
  const ns = parseTimestamp(lock.time)?.ns
  // a time that cannot be read proves nothing
  return ns === undefined ? 0 : now.getTime() - Number(ns / 1_000_000n)
}
