import { setTimeout as delay } from 'node:timers/promises'
import type { Context } from '@holdfast/core/context'

/** Something that is done again and again, one after the other. */
export interface Repetition {
  /** Does it again soon, without waiting for its time. */
  soon(): void
  /** settles when the context has been stopped and the last time is over */
  readonly over: Promise<void>
}

/**
 * Does something now and then every so many milliseconds after it has ended, until the context is stopped. What it throws
 * goes to `failed`, and it is done again all the same.
 */
export function repeat(
  everyMs: () => number,
  work: (ctx: Context) => Promise<void>,
  failed: (error: unknown) => void,
  ctx: Context,
): Repetition {
  let wake = new AbortController()
  const loop = async (): Promise<void> => {
    while (!ctx.signal.aborted) {
      wake = new AbortController()
      try {
        await work(ctx)
      } catch (error) {
        if (!ctx.signal.aborted) failed(error)
      }
      const signal = AbortSignal.any([ctx.signal, wake.signal])
      await delay(everyMs(), undefined, { signal }).catch(() => {})
    }
  }
  return { soon: () => wake.abort(), over: loop() }
}
