import { describe, expect, it } from 'vitest'
import { ago, dayMs, hourMs, overviewOf, runOf, shopConfig, viewOf } from '../testing/view-fixture.ts'
import { detectOverdue } from './overdue.ts'

const lastSeenAt = (time: string) => [overviewOf({ newest: new Date(time) })]

describe('a backup that is late', () => {
  it('is none after the newest fire was followed by a backup', () => {
    expect(detectOverdue(viewOf()).observations).toEqual([])
  })

  it('is named with age and lateness', () => {
    const [seen] = detectOverdue(viewOf({ snapshots: lastSeenAt('2026-11-20T02:03:00Z') })).observations
    expect(seen).toMatchObject({ kind: 'overdue', severity: 'warning', subject: { source: 'shop' } })
    expect(seen?.title).toBe('shop was last backed up 1d 9h ago')
    expect(seen?.figures).toMatchObject({ ageMs: 33 * hourMs + 57 * 60_000, promisedMs: 24 * hourMs })
  })

  it('is not named before a fifth of the time between two has passed since it was due', () => {
    const config = shopConfig({}, { backup: { cron: '0 10 * * *', jitter: '0' } })
    const snapshots = [overviewOf({ newest: ago(26 * hourMs) })]
    expect(detectOverdue(viewOf({ config, snapshots })).observations).toEqual([])
  })

  it('is not named while it is being made, until its time is over', () => {
    const startedAt = ago(9 * hourMs)
    const running = runOf({ state: 'running', startedAt })
    const view = { snapshots: lastSeenAt('2026-11-20T02:03:00Z') }
    expect(detectOverdue(viewOf({ ...view, activeRuns: [running] })).observations).toEqual([])
    expect(
      detectOverdue(viewOf({ ...view, activeRuns: [{ ...running, startedAt: ago(25 * hourMs) }] })).observations,
    ).toHaveLength(1)
    expect(detectOverdue(viewOf({ ...view, activeRuns: [{ ...running, state: 'queued' }] })).observations).toHaveLength(
      1,
    )
  })

  it('takes a backup made a moment before its fire, by another clock, for that of the fire', () => {
    expect(detectOverdue(viewOf({ snapshots: lastSeenAt('2026-11-21T01:59:30Z') })).observations).toEqual([])
  })

  it('looks at the newest copy in any repository', () => {
    const snapshots = [
      overviewOf({ repository: 'offsite', newest: ago(9 * dayMs) }),
      overviewOf({ newest: new Date('2026-11-21T02:03:00Z') }),
    ]
    expect(detectOverdue(viewOf({ snapshots })).observations).toEqual([])
  })

  it('is another finding for a source without any backup', () => {
    expect(detectOverdue(viewOf({ snapshots: [] })).observations).toEqual([])
  })
})
