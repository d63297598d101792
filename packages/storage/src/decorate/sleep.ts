import { interrupted } from '../interruption.ts'

/** Waits, and stops waiting with INTERRUPTED when the signal is aborted. */
export type Sleep = (delayMs: number, signal: AbortSignal) => Promise<void>

export const sleep: Sleep = (delayMs, signal) =>
  new Promise((done, fail) => {
    if (signal.aborted) return fail(interrupted())
    const stop = () => {
      clearTimeout(timer)
      fail(interrupted())
    }
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop)
      done()
    }, delayMs)
    signal.addEventListener('abort', stop, { once: true })
  })
