import { describe, expect, it } from 'vitest'
import { ago, hourMs, noon, overviewOf, shopConfig, viewOf } from '../testing/view-fixture.ts'
import { detectObjectiveMissed } from './objective-missed.ts'

const look = (facts: Parameters<typeof viewOf>[0]) => detectObjectiveMissed(viewOf(facts)).observations
const snapshotOf = (hours: number) => [overviewOf({ newest: ago(hours * hourMs) })]
const proof = {
  id: '1',
  source: 'shop',
  repository: 'local',
  snapshotId: 'a'.repeat(64),
  verdict: 'passed' as const,
  target: 'newest',
  endedAt: ago(hourMs),
  bytes: 0,
  checks: '[]',
}

describe('a promise', () => {
  it('of a recovery point is missed some hours after it is broken, critically', () => {
    expect(look({ snapshots: snapshotOf(28) })).toEqual([])
    expect(look({ snapshots: snapshotOf(30) })).toMatchObject([
      { kind: 'objective-missed', about: 'rpo', severity: 'critical', figures: { actualMs: 30 * hourMs } },
    ])
  })

  it('of a continuous log is missed at once', () => {
    const config = shopConfig({}, { type: 'postgresql', connection: { text: 'host=db1' }, tier: 'critical' })
    const at = (minutes: number) =>
      new Map([['log/shop', JSON.stringify({ at: noon, recoverableUntil: ago(minutes * 60_000) })]])
    expect(look({ config, snapshots: snapshotOf(6), marks: at(15) })).toEqual([])
    expect(look({ config, snapshots: snapshotOf(6), marks: at(16) })).toMatchObject([
      { title: 'shop would lose 16m 00s if it was lost now, promised are 15m 00s' },
    ])
  })

  it('is not what is said of a source without any backup', () => {
    expect(look({ snapshots: [] })).toEqual([])
  })

  it('of a recovery time is measured by proofs', () => {
    expect(look({ slowestProofs: [{ ...proof, recoveryMs: 5 * hourMs }] })).toMatchObject([
      { about: 'rto', severity: 'warning', title: 'restoring shop takes 5h 00m, promised are 4h 00m' },
    ])
    expect(look({ slowestProofs: [{ ...proof, recoveryMs: 3 * hourMs }] })).toEqual([])
  })
})
