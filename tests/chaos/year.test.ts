import { describe, expect, test } from 'vitest'
import { simulate } from './simulated-year.ts'
import { isFullSweep } from './sweep.ts'

/** Spring with the clock put forward, and the autumn with everything that goes wrong in it; or the whole year. */
const spans = isFullSweep
  ? ([['2026-01-01T10:00:00Z', '2027-01-01T10:00:00Z', 1]] as const)
  : ([
      ['2026-03-20T10:00:00Z', '2026-04-05T10:00:00Z', 1],
      ['2026-09-25T10:00:00Z', '2026-11-05T10:00:00Z', 2],
    ] as const)

describe('on a clock of its own', () => {
  for (const [from, to, seed] of spans) {
    test(`the control plane keeps its promises from ${from.slice(0, 10)} to ${to.slice(0, 10)}`, async () => {
      const began = performance.now()
      const figures = await simulate(from, to, seed)
      console.info(JSON.stringify({ ...figures, seconds: Math.round(performance.now() - began) / 1000 }))
      expect(figures.enqueued).toBeGreaterThan(50)
      expect(figures.outages).toBeGreaterThan(0)
      expect(figures.forgotten).toBeGreaterThan(0)
    })
  }
})
