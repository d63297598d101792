import { setTimeout as delay } from 'node:timers/promises'

/** How locks wait; tests bring their own time. */
export interface LockTimers {
  /** Waits; rejects with the signal's reason when it is aborted. `background`: does not keep the process alive. */
  sleep(durationMs: number, signal: AbortSignal, options?: { readonly background?: boolean }): Promise<void>
}

export const systemTimers: LockTimers = {
  async sleep(durationMs, signal, { background = false } = {}) {
    try {
      await delay(durationMs, undefined, { signal, ref: !background })
    } catch (error) {
      signal.throwIfAborted()
      throw error
    }
  },
}

/** The holder of a lock renews it this often, restic's as well as ours. */
export const refreshIntervalMs = 5 * 60_000

/** A lock that was not renewed for so long belongs to no one. */
export const staleAfterMs = 30 * 60_000

/** Without a renewal for so long by the wall clock, the holder must assume that others take its lock for stale soon. */
export const refreshDeadlineMs = staleAfterMs - 1.5 * refreshIntervalMs
