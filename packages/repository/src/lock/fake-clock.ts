import { setImmediate as nextRound } from 'node:timers/promises'
import type { LockTimers } from './lock-timers.ts'

interface Sleeper {
  readonly dueMs: number
  wake(): void
}

/** For tests: time that passes only when told to, by the wall clock and by timers separately. */
export class FakeClock implements LockTimers {
  readonly #sleepers = new Set<Sleeper>()
  #wallMs: number
  #timerMs = 0

  constructor(start = '2026-11-21T00:00:00Z') {
    this.#wallMs = Date.parse(start)
  }

  readonly now = (): Date => new Date(this.#wallMs)

  sleep(durationMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason)
      const sleeper: Sleeper = { dueMs: this.#timerMs + durationMs, wake: resolve }
      this.#sleepers.add(sleeper)
      signal.addEventListener('abort', () => {
        this.#sleepers.delete(sleeper)
        reject(signal.reason)
      })
    })
  }

  /** Lets time pass: whoever sleeps wakes when due, and does what it then has to do. */
  async advance(durationMs: number): Promise<void> {
    const endMs = this.#timerMs + durationMs
    await settle()
    for (;;) {
      const [next] = [...this.#sleepers].toSorted((a, b) => a.dueMs - b.dueMs)
      if (next === undefined || next.dueMs > endMs) break
      this.#moveTo(next.dueMs)
      this.#sleepers.delete(next)
      next.wake()
      await settle()
    }
    this.#moveTo(endMs)
  }

  /** The machine sleeps: the wall clock goes on, timers do not. */
  suspend(durationMs: number): void {
    this.#wallMs += durationMs
  }

  #moveTo(timerMs: number): void {
    this.#wallMs += timerMs - this.#timerMs
    this.#timerMs = timerMs
  }
}

/** Everything that follows without waiting has happened. */
async function settle(): Promise<void> {
  for (let round = 0; round < 10; round++) await nextRound()
}
