import { describe, expect, it } from 'vitest'
import { historyOf } from '../history.ts'
import { ago, dailySamples, runOf, viewOf } from '../testing/view-fixture.ts'
import { detectSlow } from './slow.ts'

const minuteMs = 60_000
const historyOfMinutes = (...minutes: number[]) =>
  historyOf(
    dailySamples(
      'backup-duration-ms',
      'source/shop',
      minutes.map((value) => value * minuteMs),
    ),
  )
const look = (...minutes: number[]) => detectSlow(viewOf({}, { history: historyOfMinutes(...minutes) })).observations

describe('a slow backup', () => {
  it('is one that took more than three times the median', () => {
    expect(look(10, 11, 10, 12, 10, 31)).toMatchObject([
      { kind: 'slow', title: 'the newest backup of shop took 31m 00s, usually 10m 00s' },
    ])
    expect(look(10, 11, 10, 12, 10, 29)).toEqual([])
  })

  it('is not one of seconds', () => {
    expect(look(0.1, 0.1, 0.1, 0.1, 0.1, 0.9)).toEqual([])
  })

  it('is seen while it runs', () => {
    const history = historyOfMinutes(10, 11, 10, 12, 10)
    const running = (minutes: number) => [runOf({ state: 'running', startedAt: ago(minutes * minuteMs) })]
    expect(detectSlow(viewOf({ activeRuns: running(45) }, { history })).observations).toMatchObject([
      { kind: 'slow', about: 'running', figures: { durationMs: 45 * minuteMs, usualMs: 10 * minuteMs } },
    ])
    expect(detectSlow(viewOf({ activeRuns: running(20) }, { history })).observations).toEqual([])
  })
})
