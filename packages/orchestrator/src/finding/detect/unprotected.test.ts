import { describe, expect, it } from 'vitest'
import { overviewOf, runOf, viewOf } from '../testing/view-fixture.ts'
import { detectUnprotected } from './unprotected.ts'

const look = (facts: Parameters<typeof viewOf>[0]) => detectUnprotected(viewOf(facts)).observations

describe('what is unprotected', () => {
  it('is nothing when each source has a backup', () => {
    expect(look({})).toEqual([])
  })

  it('is a source without any backup, unless its first one is on its way', () => {
    expect(look({ snapshots: [] })).toMatchObject([
      { kind: 'unprotected', severity: 'critical', title: 'there is no backup of shop' },
    ])
    expect(look({ snapshots: [], activeRuns: [runOf({ state: 'queued' })] })).toEqual([])
  })

  it('is a source that the configuration no longer names', () => {
    expect(look({ snapshots: [overviewOf({}), overviewOf({ source: 'old' })] })).toMatchObject([
      { severity: 'info', subject: { source: 'old' } },
    ])
  })

  it('is what discovery noted; what cannot be read is left out', () => {
    const marks = new Map([
      ['discovered/compose:wiki_db', JSON.stringify({ title: 'database wiki_db is not protected', detail: 'Add it.' })],
      ['discovered/broken', '{'],
    ])
    expect(look({ marks })).toMatchObject([{ about: 'compose:wiki_db', title: 'database wiki_db is not protected' }])
  })
})
