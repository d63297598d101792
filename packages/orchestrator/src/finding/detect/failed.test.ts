import { describe, expect, it } from 'vitest'
import { ago, hourMs, runOf, shopConfig, viewOf } from '../testing/view-fixture.ts'
import { detectFailed } from './failed.ts'

const error = { code: 'STORAGE_UNREACHABLE', message: 'cannot write', hint: 'Check the network.' }

describe('a run that did not succeed', () => {
  it('is none when the newest succeeded, or was cancelled by somebody', () => {
    expect(
      detectFailed(viewOf({ endedRuns: [runOf(), runOf({ operation: 'copy', state: 'cancelled' })] })).observations,
    ).toEqual([])
  })

  it('is a warning with what it said and what to do', () => {
    const endedRuns = [runOf({ state: 'failed', error, attempt: 3 })]
    const [seen] = detectFailed(
      viewOf({ endedRuns, succeededRuns: [runOf({ endedAt: ago(10 * hourMs) })] }),
    ).observations
    expect(seen).toMatchObject({ kind: 'failed', about: 'backup', severity: 'warning', subject: { source: 'shop' } })
    expect(seen?.title).toBe('backup of source shop failed: cannot write')
    expect(seen?.detail).toContain('Check the network.')
    expect(seen?.detail).toContain('It last succeeded 10h 00m ago.')
  })

  it('says honestly how it ended', () => {
    const titles = (['timed-out', 'lost'] as const).map(
      (state) => detectFailed(viewOf({ endedRuns: [runOf({ state })] })).observations[0]?.title,
    )
    expect(titles).toEqual([
      'backup of source shop took too long and was stopped',
      'backup of source shop was not finished: the process that did it is gone',
    ])
  })

  it('names the first problems of an incomplete one', () => {
    const problems = ['1', '2', '3', '4', '5', '6', '7'].map((n) => `cannot read /srv/${n}`)
    const endedRuns = [runOf({ state: 'partial', result: { problems } })]
    const [seen] = detectFailed(viewOf({ endedRuns })).observations
    expect(seen).toMatchObject({ severity: 'warning', figures: { problems: 7 } })
    expect(seen?.title).toBe('backup of source shop is incomplete: 7 problems')
    expect(seen?.detail).toContain('- cannot read /srv/5\n- and 2 more')
  })

  it('leaves what a check found to the finding about that, and names a check that could not look', () => {
    const check = { operation: 'check' as const, repository: 'local', state: 'failed' as const }
    const { source: _source, ...plain } = runOf(check)
    const damaged = { ...plain, error: { ...error, code: 'REPOSITORY_CHECK_FAILED' } }
    expect(detectFailed(viewOf({ endedRuns: [damaged] })).observations).toEqual([])
    expect(detectFailed(viewOf({ endedRuns: [{ ...plain, error }] })).observations).toMatchObject([
      { about: 'check', subject: { repository: 'local' }, severity: 'warning' },
    ])
  })

  it('is nothing any more when its source or repository is gone from the configuration', () => {
    const endedRuns = [
      runOf({ state: 'failed', source: 'old' }),
      runOf({ state: 'failed', operation: 'copy', repository: 'old' }),
    ]
    expect(detectFailed(viewOf({ endedRuns, config: shopConfig() })).observations).toEqual([])
  })
})
