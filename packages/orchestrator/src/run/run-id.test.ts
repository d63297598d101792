import { expect, test } from 'vitest'
import { createRunId } from './run-id.ts'

test('an id is a UUID of version 7 that holds its time', () => {
  const id = createRunId(Date.parse('2026-11-21T02:00:00.123Z'))
  expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  expect(new Date(Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16)).toISOString()).toBe(
    '2026-11-21T02:00:00.123Z',
  )
})

test('ids of the same millisecond differ, and those of later ones sort after them', () => {
  const ids = Array.from({ length: 1000 }, () => createRunId(1_000_000))
  expect(new Set(ids).size).toBe(1000)
  expect(createRunId(1_000_001) > (ids.toSorted().at(-1) ?? '')).toBe(true)
})
