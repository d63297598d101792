/**
 * Slows down whoever tries passwords: five attempts, then a minute of waiting, then twice as long after each further
 * failure. Kept in memory: each server counts for itself.
 */
export interface AttemptLimiter {
  /** How many ms to wait, 0 when an attempt may be made. Counts nothing. */
  waitMs(key: string, atMs: number): number
  /** Counts an attempt, before it is known how it ends. How many ms to wait instead, 0 when it may be made. */
  begin(key: string, atMs: number): number
  /** It was a good one after all. `forget`: all before it are forgiven, too. */
  succeeded(key: string, options: { readonly forget: boolean }): void
}

interface Attempts {
  count: number
  lastAtMs: number
}

const freeAttempts = 5
const freeWithinMs = 60_000
const firstWaitMs = 60_000
const forgottenAfterMs = 24 * 3_600_000
/** The longest without a new attempt are forgotten before more are kept. */
const mostKeys = 20_000

export function createAttemptLimiter(longestWaitMs: number): AttemptLimiter {
  const known = new Map<string, Attempts>()
  /** What counts still. */
  const attemptsOf = (key: string, atMs: number): Readonly<Attempts> => {
    const found = known.get(key)
    const isOver = (attempts: Attempts): boolean =>
      atMs - attempts.lastAtMs >= (attempts.count < freeAttempts ? freeWithinMs : forgottenAfterMs)
    return found === undefined || isOver(found) ? { count: 0, lastAtMs: atMs } : found
  }
  const waitMs = (key: string, atMs: number): number => {
    const { count, lastAtMs } = attemptsOf(key, atMs)
    if (count < freeAttempts) return 0
    const dueMs = Math.min(firstWaitMs * 2 ** (count - freeAttempts), longestWaitMs)
    return Math.max(0, lastAtMs + dueMs - atMs)
  }
  return {
    waitMs,
    begin(key, atMs) {
      const wait = waitMs(key, atMs)
      if (wait > 0) return wait
      const { count } = attemptsOf(key, atMs)
      // again at the end, as the newest
      known.delete(key)
      known.set(key, { count: count + 1, lastAtMs: atMs })
      if (known.size > mostKeys) known.delete(known.keys().next().value ?? '')
      return 0
    },
    succeeded(key, { forget }) {
      const found = known.get(key)
      if (found === undefined) return
      found.count -= 1
      if (forget || found.count <= 0) known.delete(key)
    },
  }
}
