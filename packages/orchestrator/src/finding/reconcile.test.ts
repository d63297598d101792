import { describe, expect, it } from 'vitest'
import { reconcile, reopenWithinMs } from './reconcile.ts'
import { ago, findingOf, hourMs, noon } from './testing/view-fixture.ts'

const nothing = { observations: [], unseen: [] }
const { key: _key, firstSeenAt: _first, lastSeenAt: _last, ...overdue } = findingOf()
const seen = { observations: [overdue], unseen: [] }

describe('findings and what is seen now', () => {
  it('opens what was not known, first and last seen now', () => {
    const { opened, changed, resolved } = reconcile([], seen, noon)
    expect(opened).toEqual([{ ...overdue, key: 'overdue:source/shop', firstSeenAt: noon, lastSeenAt: noon }])
    expect(changed).toEqual(opened)
    expect(resolved).toEqual([])
  })

  it('keeps when it was first seen, and refreshes words and figures after five minutes', () => {
    const before = findingOf({ firstSeenAt: ago(hourMs), lastSeenAt: ago(5 * 60_000) })
    const now = { ...overdue, title: 'shop was last backed up 35h 00m ago', figures: { ageMs: 1 } }
    const { changed, opened } = reconcile([before], { observations: [now], unseen: [] }, noon)
    expect(opened).toEqual([])
    expect(changed).toEqual([{ ...before, ...now, lastSeenAt: noon }])
  })

  it('writes nothing while an open finding is only a little older', () => {
    const before = findingOf({ lastSeenAt: ago(60_000) })
    expect(reconcile([before], { observations: [{ ...overdue, figures: { ageMs: 2 } }], unseen: [] }, noon)).toEqual({
      changed: [],
      opened: [],
      resolved: [],
    })
  })

  it('writes at once that a finding has become critical', () => {
    const before = findingOf({ lastSeenAt: ago(1000) })
    const { changed } = reconcile([before], { observations: [{ ...overdue, severity: 'critical' }], unseen: [] }, noon)
    expect(changed.map(({ severity }) => severity)).toEqual(['critical'])
  })

  it('resolves what is no longer seen, and keeps the acknowledgement in the record', () => {
    const acknowledged = { by: 'kim', at: ago(1000), note: 'known' }
    const { resolved, changed } = reconcile([findingOf({ acknowledged })], nothing, noon)
    expect(resolved).toMatchObject([{ key: 'overdue:source/shop', resolvedAt: noon, acknowledged }])
    expect(changed).toEqual(resolved)
  })

  it('does not resolve what could not be looked at', () => {
    const unseen = [{ kind: 'overdue' as const, subject: { source: 'shop' } }]
    expect(reconcile([findingOf()], { observations: [], unseen }, noon).resolved).toEqual([])
  })

  it('tells one that could not be looked at from another of the same kind by what it is about', () => {
    const churn = findingOf({ kind: 'anomaly', about: 'churn' })
    const rows = findingOf({ kind: 'anomaly', about: 'rows' })
    const unseen = [{ kind: 'anomaly' as const, subject: { source: 'shop' }, about: 'churn' }]
    const { resolved } = reconcile([churn, rows], { observations: [], unseen }, noon)
    expect(resolved.map(({ about }) => about)).toEqual(['rows'])
  })

  it('goes on with the same finding when it is back within a quarter of an hour, no longer acknowledged', () => {
    const acknowledged = { by: 'kim', at: ago(hourMs), note: '' }
    const before = findingOf({ firstSeenAt: ago(hourMs), resolvedAt: ago(reopenWithinMs), acknowledged })
    const { opened } = reconcile([before], seen, noon)
    expect(opened).toEqual([{ ...overdue, key: before.key, firstSeenAt: before.firstSeenAt, lastSeenAt: noon }])
  })

  it('makes a new finding of one that comes back later', () => {
    const before = findingOf({ firstSeenAt: ago(hourMs), resolvedAt: ago(reopenWithinMs + 1) })
    expect(reconcile([before], seen, noon).opened).toMatchObject([{ firstSeenAt: noon }])
  })

  it('leaves a finding that was over over', () => {
    const before = findingOf({ resolvedAt: ago(60_000) })
    expect(reconcile([before], nothing, noon).changed).toEqual([])
  })

  it('ends the older of two open ones that two servers opened', () => {
    const older = findingOf({ firstSeenAt: ago(hourMs + 1) })
    const { changed, resolved } = reconcile([older, findingOf()], seen, noon)
    expect(changed).toEqual([{ ...older, resolvedAt: noon }])
    expect(resolved).toEqual([])
  })
})
