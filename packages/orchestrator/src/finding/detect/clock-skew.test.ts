import { describe, expect, it } from 'vitest'
import { ago, overviewOf, viewOf } from '../testing/view-fixture.ts'
import { detectClockSkew } from './clock-skew.ts'

describe('clocks', () => {
  it('may differ by seconds', () => {
    expect(detectClockSkew(viewOf({}, { clockOffsetMs: -20_000 })).observations).toEqual([])
  })

  it("that differ from the catalogue's are named with the direction", () => {
    expect(detectClockSkew(viewOf({}, { clockOffsetMs: -90_000 })).observations).toMatchObject([
      { severity: 'warning', title: "the clock of this machine is 1m 30s behind the catalogue's" },
    ])
    expect(detectClockSkew(viewOf({}, { clockOffsetMs: 400_000 })).observations).toMatchObject([
      { severity: 'critical' },
    ])
  })

  it('of a machine whose backups are of the future are named', () => {
    const ahead = (ms: number) => viewOf({ snapshots: [overviewOf({ newest: ago(-ms) })] })
    expect(detectClockSkew(ahead(60_000)).observations).toEqual([])
    expect(detectClockSkew(ahead(3_600_000)).observations).toMatchObject([
      { severity: 'critical', subject: { source: 'shop', repository: 'local' }, figures: { aheadMs: 3_600_000 } },
    ])
  })
})
