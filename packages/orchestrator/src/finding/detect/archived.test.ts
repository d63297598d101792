import { describe, expect, it } from 'vitest'
import { overviewOf, runOf, shopConfig, viewOf } from '../testing/view-fixture.ts'
import { detectArchived } from './archived.ts'
import { detectFailed } from './failed.ts'

const error = { code: 'RESTORE_ARCHIVED', message: 'what is needed is archived at s3:…', hint: 'Bring it back.' }
const state = { packs: 12, bytes: 3 * 2 ** 30, classes: 'DEEP_ARCHIVE', hours: 12 }
const marks = new Map([['archived/local', JSON.stringify(state)]])

describe('what lies in an archive', () => {
  it('keeps a proof from being made: one warning, which is not the one of a failed run', () => {
    const view = viewOf({ endedRuns: [runOf({ operation: 'verify', state: 'failed', error })] })
    expect(detectArchived(view).observations).toMatchObject([
      {
        kind: 'archived',
        severity: 'warning',
        subject: { source: 'shop' },
        about: 'verify',
        title: 'proof of source shop could not be made: what it reads is archived',
        detail: expect.stringContaining('Bring it back.'),
      },
    ])
    expect(detectFailed(view).observations).toEqual([])
    const other = { ...error, code: 'STORAGE_DENIED' }
    const denied = viewOf({ endedRuns: [runOf({ operation: 'verify', state: 'failed', error: other })] })
    expect(detectArchived(denied).observations).toEqual([])
  })

  it('is told before anybody restores', () => {
    const config = shopConfig({}, { rto: 'none' })
    expect(detectArchived(viewOf({ marks, config })).observations).toMatchObject([
      {
        severity: 'info',
        subject: { repository: 'local' },
        title: 'a restore from local has to wait up to 12 h: 12 packs in DEEP_ARCHIVE',
        figures: { packs: 12, hours: 12, sourcesTooLate: 0 },
      },
    ])
    expect(detectArchived(viewOf({ marks: new Map([['archived/local', '{']]) })).observations).toEqual([])
  })

  it('is a warning where it breaks a promised RTO, and not where another copy can be read at once', () => {
    const config = shopConfig({}, { rto: '4h' })
    const [seen] = detectArchived(viewOf({ marks, config })).observations
    expect(seen).toMatchObject({ severity: 'warning', figures: { sourcesTooLate: 1 } })
    expect(seen?.detail).toContain('The RTO of shop is shorter than that')
    const snapshots = [overviewOf({}), overviewOf({ repository: 'second' })]
    expect(detectArchived(viewOf({ marks, config, snapshots })).observations[0]?.severity).toBe('info')
  })
})
