import { expect, test } from 'vitest'
import { dayBefore, volumeMark } from '../../agent/agent-volume.ts'
import { ago, noon, shopConfig, viewOf } from '../testing/view-fixture.ts'
import { detectAgentVolume } from './agent-volume.ts'

const gib = 1024 ** 3
const config = shopConfig({ agents: { web: { gateway: 'append-only', storesPerDay: '50GiB' } } })

/** What was stored today, yesterday, and so on, in GiB; undefined: nothing was. */
function found(gibs: readonly (number | undefined)[], refusedAt?: unknown, used = config) {
  const days = gibs.flatMap((size, index) =>
    size === undefined ? [] : [[dayBefore(noon, index), size * gib] as const],
  )
  const mark = JSON.stringify({ days: Object.fromEntries(days), refusedAt })
  return detectAgentVolume(viewOf({ config: used, marks: new Map([[volumeMark('web'), mark]]) })).observations
}

test('an agent that stores three times as much as on any day of the month is named for two days', () => {
  const usual = [1, 1, 2, 1, 1, 1, 1, 4]
  expect(found([2, ...usual])).toEqual([])
  expect(found([13, ...usual])).toMatchObject([{ kind: 'agent-stores-much', about: 'web/unusual' }])
  expect(found([13, ...usual])[0]?.detail).toMatch(/13.* GiB on .* 4.* GiB at most/)
  expect(found([1, 13, ...usual])).toHaveLength(1)
  expect(found([1, 1, 13, ...usual])).toEqual([])
})

test('what is first stored, little as it is, or what is not known for long, is nothing unusual', () => {
  expect(found([500])).toEqual([])
  expect(found([500, 1, 1, 1, 1]), 'four days').toEqual([])
  expect(found([500, ...Array<undefined>(8), 1, 1]), 'two days').toEqual([])
  expect(found([0.9, ...Array<number>(9).fill(0.001)]), 'less than a GiB').toEqual([])
  expect(found([200, ...Array<number>(25).fill(1), 100]), 'a full backup was among it').toEqual([])
  expect(found([200, ...Array<number>(31).fill(1), 100]), 'longer ago').toHaveLength(1)
})

test('an agent that has reached its limit is named for a day, and not when it has none any more', () => {
  expect(found([50], ago(3_600_000))).toMatchObject([
    { kind: 'agent-stores-much', about: 'web/limit', figures: { limitBytes: 50 * gib } },
  ])
  expect(found([50], ago(90_000_000))).toEqual([])
  expect(found([50], ago(0), shopConfig({ agents: { web: { gateway: 'append-only' } } }))).toEqual([])
})
