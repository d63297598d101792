import type { EventView } from '@holdfast/api/view/event-view'
import { expect, test } from 'vitest'
import { createEventRing, parsePlace, placeText } from './event-ring.ts'

const event = (digest: string): EventView => ({ type: 'config.reloaded', at: '2026-01-01T00:00:00.000Z', digest })

function createRing(size: number) {
  let age = 0
  return createEventRing(size, () => `age${age++}`)
}

function read(ring: ReturnType<typeof createRing>, from: ReturnType<typeof ring.end>) {
  const seen: string[] = []
  for (let place = from; ;) {
    const next = ring.after(place)
    if (typeof next === 'string') return [...seen, next]
    seen.push(next.event.type === 'config.reloaded' ? next.event.digest : next.event.type)
    place = next.place
  }
}

test('whoever has a place is told everything after it, in order', () => {
  const ring = createRing(4)
  const start = ring.end()
  for (const digest of ['a', 'b']) ring.append(event(digest))
  const middle = parsePlace(placeText(ring.end()))
  ring.append(event('c'))
  expect(read(ring, start)).toEqual(['a', 'b', 'c', 'none'])
  expect(read(ring, middle)).toEqual(['c', 'none'])
})

test('a place that is too old, of another age, in the future or no place at all is lost', () => {
  const ring = createRing(2)
  const start = ring.end()
  for (const digest of ['a', 'b', 'c', 'd']) ring.append(event(digest))
  expect(read(ring, start)).toEqual(['lost'])
  expect(read(ring, { ...start, number: 2 })).toEqual(['c', 'd', 'none'])
  expect(read(ring, { ...start, number: 5 })).toEqual(['lost'])
  for (const text of ['', 'x', 'age0:', ':1', 'age0:-1', 'age0:1e3', 'age0:99999999999999999999']) {
    expect(read(ring, parsePlace(text))).toEqual(['lost'])
  }
  const end = ring.end()
  ring.restart()
  expect(read(ring, end)).toEqual(['lost'])
  expect(read(ring, ring.end())).toEqual(['none'])
})

test('memory is bounded: at most twice the size is kept', () => {
  const ring = createRing(10)
  const start = ring.end()
  for (let n = 0; n < 1000; n++) ring.append(event(String(n)))
  const kept = [...Array(1001).keys()].filter((number) => ring.after({ ...start, number }) !== 'lost')
  expect(kept.length).toBeLessThanOrEqual(20)
  expect(kept.length).toBeGreaterThanOrEqual(10)
})

test('waiting ends with the next event, a new age, or when it is stopped', async () => {
  const ring = createRing(2)
  const never = new AbortController()
  const first = ring.changed(never.signal)
  ring.append(event('a'))
  await first
  const second = ring.changed(never.signal)
  ring.restart()
  await second
  const third = ring.changed(never.signal)
  never.abort()
  await third
  expect(await ring.changed(never.signal)).toBeUndefined()
})
