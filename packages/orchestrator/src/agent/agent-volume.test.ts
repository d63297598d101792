import { expect, test } from 'vitest'
import { countVolume, parseVolume, type VolumeChange, volumeMark } from './agent-volume.ts'

function setUp() {
  const kept = new Map<string, string>()
  const marks = {
    get: async (key: string) => kept.get(key),
    compareAndSet: async (key: string, expected: string | undefined, value: string) => {
      if (kept.get(key) !== expected) return false
      kept.set(key, value)
      return true
    },
  }
  const count = (at: string, change: VolumeChange) => countVolume(marks, 'web', change, new Date(at))
  const volume = () => parseVolume(kept.get(volumeMark('web')))
  return { count, volume }
}

test('bytes are counted by the day, those of several at once too, and for a month', async () => {
  const { count, volume } = setUp()
  await count('2026-10-01T12:00:00Z', { bytes: 1 })
  await Promise.all(Array.from({ length: 20 }, () => count('2026-11-20T23:59:00Z', { bytes: 5 })))
  await count('2026-11-21T00:01:00Z', { bytes: 7 })
  await count('2026-11-21T00:01:00Z', { bytes: -3 })
  expect([...volume().days]).toEqual([
    ['2026-11-20', 100],
    ['2026-11-21', 4],
  ])
})

test('more than the limit of a day is refused until the next, and when is noted', async () => {
  const { count, volume } = setUp()
  const limit = { limitBytes: 10 }
  expect(await count('2026-11-21T01:00:00Z', { bytes: 8, ...limit })).toBe(true)
  expect(await count('2026-11-21T02:00:00Z', { bytes: 3, ...limit })).toBe(false)
  expect(volume().refusedAt).toEqual(new Date('2026-11-21T02:00:00Z'))
  expect(await count('2026-11-21T02:00:01Z', { bytes: 3, ...limit }), 'and again').toBe(false)
  expect(await count('2026-11-21T03:00:00Z', { bytes: 2, ...limit }), 'what fits').toBe(true)
  expect(await count('2026-11-21T03:00:00Z', { bytes: -2, ...limit }), 'taken back').toBe(true)
  expect(volume().days.get('2026-11-21')).toBe(8)
  expect(await count('2026-11-22T00:00:00Z', { bytes: 10, ...limit })).toBe(true)
})

test('a mark that is damaged counts as nothing', () => {
  for (const text of [undefined, '', '[]', '{"days":7}', '{"days":{"2026-11-21":"many"}}']) {
    expect(parseVolume(text)).toEqual({ days: new Map() })
  }
})
