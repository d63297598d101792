import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Unseen } from './detector.ts'
import { findingKey } from './finding-key.ts'
import type { Finding, Observation } from './finding.ts'
import { reconcile, reopenWithinMs } from './reconcile.ts'
import { noon } from './testing/view-fixture.ts'

const sources = ['a', 'b', 'c'] as const
const observationOf = (source: string): Observation => ({
  kind: 'overdue',
  severity: 'warning',
  subject: { source },
  title: '',
  detail: '',
  figures: {},
})
/** What happens between two looks: time passes, and each source is seen in trouble, seen well, or not seen at all. */
const step = fc.record({
  passesMs: fc.integer({ min: 1, max: 3 * reopenWithinMs }),
  seen: fc.tuple(...sources.map(() => fc.constantFrom('trouble', 'well', 'unseen'))),
})

it('whatever is seen in whatever order, each finding is open exactly while it should be, and there is one of it', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
      const rows = new Map<string, Finding>()
      const shouldBeOpen = new Set<string>()
      let now = noon
      for (const { passesMs, seen } of steps) {
        now = new Date(now.getTime() + passesMs)
        const observations = sources.filter((_, at) => seen[at] === 'trouble').map(observationOf)
        const unseen: Unseen[] = sources
          .filter((_, at) => seen[at] === 'unseen')
          .map((source) => ({ kind: 'overdue', subject: { source } }))
        // As the observer asks the catalogue.
        const known = [...rows.values()].filter(
          ({ resolvedAt }) => resolvedAt === undefined || now.getTime() - resolvedAt.getTime() <= reopenWithinMs,
        )
        for (const finding of reconcile(known, { observations, unseen }, now).changed) {
          rows.set(`${finding.key} ${finding.firstSeenAt.getTime()}`, finding)
        }
        sources.forEach((source, at) => {
          const key = findingKey(observationOf(source))
          if (seen[at] === 'trouble') shouldBeOpen.add(key)
          if (seen[at] === 'well') shouldBeOpen.delete(key)
        })
        const open = [...rows.values()].filter(({ resolvedAt }) => resolvedAt === undefined)
        expect(new Set(open.map(({ key }) => key))).toEqual(shouldBeOpen)
        expect(open).toHaveLength(shouldBeOpen.size)
        for (const { firstSeenAt, lastSeenAt } of open) expect(firstSeenAt <= lastSeenAt).toBe(true)
      }
    }),
  )
})
