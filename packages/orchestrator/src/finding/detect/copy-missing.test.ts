import { describe, expect, it } from 'vitest'
import { ago, dayMs, hourMs, overviewOf, runOf, shopConfig, viewOf } from '../testing/view-fixture.ts'
import { detectCopyMissing } from './copy-missing.ts'

const password = { env: 'HOLDFAST_PASSWORD' }
const config = shopConfig({
  repositories: { local: { location: '/srv/backup', password }, offsite: { location: '/mnt/offsite', password } },
})
const local = overviewOf({ newest: ago(3 * hourMs) })
const offsite = (newest: Date) => overviewOf({ repository: 'offsite', newest })
const look = (facts: Parameters<typeof viewOf>[0]) => detectCopyMissing(viewOf({ config, ...facts })).observations

describe('copies', () => {
  it('are well when every repository holds the newest backup', () => {
    expect(look({ snapshots: [local, offsite(ago(3 * hourMs))] })).toEqual([])
  })

  it('that are behind are named after two hours', () => {
    expect(look({ snapshots: [local, offsite(ago(dayMs))] })).toMatchObject([
      { kind: 'copy-missing', severity: 'warning', subject: { source: 'shop', repository: 'offsite' } },
    ])
    const recent = overviewOf({ newest: ago(hourMs) })
    expect(look({ snapshots: [recent, offsite(ago(dayMs))] })).toEqual([])
  })

  it('may take a day while they are being made', () => {
    const activeRuns = [runOf({ operation: 'copy', repository: 'offsite', state: 'running' })]
    expect(look({ snapshots: [local, offsite(ago(dayMs))], activeRuns })).toEqual([])
  })

  it('that are a week behind, or were never made, are critical', () => {
    expect(look({ snapshots: [local] })).toMatchObject([
      { severity: 'critical', title: 'repository offsite holds no backup of shop' },
    ])
    expect(look({ snapshots: [local, offsite(ago(8 * dayMs))] })).toMatchObject([{ severity: 'critical' }])
  })
})
