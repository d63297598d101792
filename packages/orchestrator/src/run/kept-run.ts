import { type Context, withSignal } from '@holdfast/core/context'
import type { LeasedRuns } from './run-queue.ts'
import type { Run } from './run.ts'

/** Why a run is stopped before it has ended by itself. */
export type StopReason = 'timed-out' | 'cancelled' | 'lost' | 'stopping'

/** A leased run while it is being done: keeps the lease, and stops the work when it must be stopped. */
export interface KeptRun extends Disposable {
  /** for the work: the same clock and ears, a signal of its own */
  readonly ctx: Context
  /** the first reason, if any */
  reason(): StopReason | undefined
  stop(reason: StopReason): void
}

/** However long the lease, who cancels a run should not wait for much longer. */
const longestHeartbeatMs = 15_000
/** The largest delay a timer takes: 24 days. */
const longestTimerMs = 2 ** 31 - 1

/**
 * Sends a heartbeat every third of the lease, or sooner. When none has come through for two thirds of it, the work is stopped
 * before another process may begin it: whether this one was cut off from the catalogue or did not get to run for so
 * long. Measured by a clock that nobody sets.
 */
export function keepRun(
  queue: Pick<LeasedRuns, 'heartbeat'>,
  run: Run,
  worker: string,
  leaseMs: number,
  ctx: Context,
): KeptRun {
  const work = new AbortController()
  let reason: StopReason | undefined
  let keptAtMs = performance.now()
  let isAsking = false
  const stop = (why: StopReason): void => {
    reason ??= why
    work.abort()
  }
  const ask = async (): Promise<void> => {
    if (isAsking) return
    isAsking = true
    const askedAtMs = performance.now()
    try {
      const { isLost, isCancelRequested } = await queue.heartbeat(run.id, worker, leaseMs)
      keptAtMs = askedAtMs
      if (isLost) stop('lost')
      else if (isCancelRequested) stop('cancelled')
    } catch {
      // The catalogue is away or full; the watch below decides how long that may last.
    } finally {
      isAsking = false
    }
  }
  const heartbeat = setInterval(() => void ask(), Math.min(leaseMs / 3, longestHeartbeatMs))
  const watch = setInterval(() => {
    if (performance.now() - keptAtMs > (leaseMs * 2) / 3) stop('lost')
  }, leaseMs / 12)
  const limit = setTimeout(() => stop('timed-out'), Math.min(run.timeoutMs, longestTimerMs))
  return {
    ctx: withSignal(ctx, work.signal),
    reason: () => reason,
    stop,
    [Symbol.dispose]() {
      clearInterval(heartbeat)
      clearInterval(watch)
      clearTimeout(limit)
    },
  }
}
