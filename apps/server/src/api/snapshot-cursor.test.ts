import fc from 'fast-check'
import { expect, test } from 'vitest'
import { pageOf, readSnapshotCursor } from './snapshot-cursor.ts'

test('pages show everything once, in its order, however many are of one instant', () => {
  const minutes = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 30 })
  fc.assert(
    fc.property(minutes, fc.integer({ min: 1, max: 7 }), (times, limit) => {
      const all = times.toSorted((a, b) => b - a).map((minute, id) => ({ id, time: new Date(minute * 60_000) }))
      const shown: number[] = []
      for (let before: string | undefined; ;) {
        const cursor = readSnapshotCursor(before)
        const { notAfter, skip } = cursor
        // as the catalogue is asked
        const found = all.filter(({ time }) => notAfter === undefined || time <= notAfter).slice(0, skip + limit + 1)
        const page = pageOf(found, cursor, limit)
        shown.push(...page.page.map(({ id }) => id))
        if (page.before === undefined) break
        before = page.before
      }
      expect(shown).toEqual(all.map(({ id }) => id))
    }),
  )
})

test.each(['', 'x', '5', '-1-1', '5-', `${'9'.repeat(15)}9-1`])('%j is from no page', (text) => {
  expect(() => readSnapshotCursor(text)).toThrow('not from a page')
})
