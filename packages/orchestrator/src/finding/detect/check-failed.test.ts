import { describe, expect, it } from 'vitest'
import { writeRotation } from '../../planning/check-rotation.ts'
import { ago, dayMs, findingOf, hourMs, runOf, viewOf } from '../testing/view-fixture.ts'
import { detectCheckFailed } from './check-failed.ts'

const { source: _source, ...plain } = runOf({ operation: 'check', repository: 'local' })
const damage = { code: 'REPOSITORY_CHECK_FAILED', message: 'the check found 2 errors', hint: '' }
const failedRun = {
  ...plain,
  state: 'failed' as const,
  error: damage,
  arguments: { parts: '2,3/4' },
  endedAt: ago(dayMs),
}
const open = findingOf({
  kind: 'check-failed',
  subject: { repository: 'local' },
  about: '2,3/4',
  figures: { foundAtMs: ago(dayMs).getTime() },
})
const rotation = (...hoursAgo: number[]) =>
  new Map([['checked/local', writeRotation({ since: ago(90 * dayMs), readAt: hoursAgo.map((h) => ago(h * hourMs)) })]])

describe('a damaged repository', () => {
  it('is critical, with when and in which parts it was seen', () => {
    const [seen] = detectCheckFailed(viewOf({ endedRuns: [failedRun] })).observations
    expect(seen).toMatchObject({ kind: 'check-failed', severity: 'critical', about: '2,3/4' })
    expect(seen?.detail).toContain('Found 1d 0h ago in parts 2,3/4:\n- the check found 2 errors')
  })

  it('is not one that could not be read', () => {
    const endedRuns = [{ ...failedRun, error: { ...damage, code: 'STORAGE_UNREACHABLE' } }]
    expect(detectCheckFailed(viewOf({ endedRuns, openFindings: [open] }))).toMatchObject({
      observations: [],
      unseen: [{ about: '2,3/4' }],
    })
  })

  it('stays damaged when other parts were read well', () => {
    const facts = { openFindings: [open], endedRuns: [plain], marks: rotation(1, 1, 30, 1) }
    expect(detectCheckFailed(viewOf(facts)).unseen).toHaveLength(1)
  })

  it('is well again when the same parts were read after', () => {
    const facts = { openFindings: [open], endedRuns: [plain], marks: rotation(90, 2, 3, 90) }
    expect(detectCheckFailed(viewOf(facts))).toEqual({ observations: [], unseen: [] })
  })

  it('is well again after a new division only when all of it was read', () => {
    const before = { openFindings: [open], endedRuns: [plain] }
    expect(detectCheckFailed(viewOf({ ...before, marks: rotation(1, 1, 1, 1, 40) })).unseen).toHaveLength(1)
    expect(detectCheckFailed(viewOf({ ...before, marks: rotation(1, 1, 1, 1, 4) })).unseen).toHaveLength(0)
  })

  it('whose structure was damaged is well after the next sound check', () => {
    const { about: _about, ...whole } = open
    const finding = { ...whole, key: 'check-failed:repository/local' }
    expect(detectCheckFailed(viewOf({ openFindings: [finding], succeededRuns: [] })).unseen).toHaveLength(1)
    expect(detectCheckFailed(viewOf({ openFindings: [finding], succeededRuns: [plain] })).unseen).toHaveLength(0)
  })
})
