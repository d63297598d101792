import { type Context, quietContext } from '@holdfast/core/context'

/** A clock that stands still until it is moved. */
export interface TestClock {
  readonly ctx: Context
  now(): Date
  advance(ms: number): void
}

export function createTestClock(start = '2026-11-21T02:00:00.000Z'): TestClock {
  let nowMs = Date.parse(start)
  const now = (): Date => new Date(nowMs)
  return {
    ctx: quietContext({ now }),
    now,
    advance: (ms) => {
      nowMs += ms
    },
  }
}
