import { expect, test } from 'vitest'
import { createRunId } from './run-id.ts'

const timeOf = (id: string): number => Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16)

test('an id is a UUID of version 7 that holds its time', () => {
  const nowMs = Date.parse('2026-11-21T02:00:00.123Z')
  const id = createRunId(nowMs)
  expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  expect(timeOf(id)).toBe(nowMs)
})

test('ids sort as they were made, within a millisecond and when the clock is set back a little', () => {
  const nowMs = Date.parse('2026-11-21T03:00:00Z')
  const times = [...Array.from({ length: 5000 }, () => nowMs), nowMs - 1000, nowMs + 1000]
  const ids = times.map((ms) => createRunId(ms))
  expect(ids).toEqual(ids.toSorted())
  expect(new Set(ids).size).toBe(ids.length)
})

test('a clock that was set back by much is believed', () => {
  const nowMs = Date.parse('2026-11-21T04:00:00Z')
  createRunId(nowMs)
  expect(timeOf(createRunId(nowMs - 86_400_000))).toBe(nowMs - 86_400_000)
})
