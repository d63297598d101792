import { describe, expect, it } from 'vitest'
import type { ProofRecord } from '../../catalogue/catalogue.ts'
import { ago, dayMs, hourMs, overviewOf, shopConfig, viewOf } from '../testing/view-fixture.ts'
import { detectProof } from './proof.ts'

const proof = (record: Partial<ProofRecord>): ProofRecord => ({
  id: '1',
  source: 'shop',
  repository: 'local',
  snapshotId: 'ab12cd34'.repeat(8),
  verdict: 'passed',
  target: 'newest',
  endedAt: ago(dayMs),
  recoveryMs: 1000,
  bytes: 1,
  checks: '[]',
  ...record,
})

describe('proofs', () => {
  it('are well when the newest passed in time', () => {
    expect(detectProof(viewOf({ proofs: [proof({})] })).observations).toEqual([])
  })

  it('that failed are critical, with the checks that failed and what was proven before', () => {
    const checks = JSON.stringify([
      { name: 'rows', subject: 'shop.orders', verdict: 'failed', evidence: '12 rows, 40 expected' },
      { name: 'start', subject: '', verdict: 'passed', evidence: '' },
    ])
    const proofs = [proof({}), proof({ verdict: 'failed', endedAt: ago(hourMs), checks })]
    const [seen] = detectProof(viewOf({ proofs })).observations
    expect(seen).toMatchObject({ kind: 'proof-failed', severity: 'critical', figures: { failedChecks: 1 } })
    expect(seen?.detail).toContain('- rows shop.orders: 12 rows, 40 expected')
    expect(seen?.detail).toContain('The last that passed: snapshot ab12cd34')
  })

  it('that failed are over when a later one passed', () => {
    const proofs = [proof({}), proof({ verdict: 'failed', endedAt: ago(3 * dayMs) })]
    expect(detectProof(viewOf({ proofs })).observations).toEqual([])
  })

  it('may be missed once, not twice', () => {
    // Proven on a Saturday; the rhythm is weekly.
    const after = (days: number) =>
      detectProof(viewOf({ proofs: [proof({ endedAt: ago(days * dayMs) })] })).observations.map(({ title }) => title)
    expect(after(8)).toEqual([])
    expect(after(17)).toEqual(['shop was last proven 17d 0h ago'])
  })

  it('are missed when there never was one, counted from the oldest backup', () => {
    const view = (oldest: Date) => viewOf({ snapshots: [overviewOf({ oldest })] })
    expect(detectProof(view(ago(3 * dayMs))).observations).toEqual([])
    expect(detectProof(view(ago(30 * dayMs))).observations).toMatchObject([
      { kind: 'unproven', title: 'no backup of shop has ever been restored to prove it' },
    ])
  })

  it('are not missed where the tier promises none', () => {
    const config = shopConfig({}, { tier: 'temporary' })
    expect(detectProof(viewOf({ config, snapshots: [overviewOf({ oldest: ago(300 * dayMs) })] })).observations).toEqual(
      [],
    )
  })
})
