import { expect, test } from 'vitest'
import type { MarkStore } from '../catalogue/catalogue.ts'
import { agentMark } from './agent-marks.ts'
import { isNewestProcess, stampAgent } from './agent-stamp.ts'

const copied = { code: 'AGENT_COPIED' }

function setUp() {
  const kept = new Map([[agentMark.enrolled('web'), JSON.stringify({ digest: 'aa', at: '2026-11-21T00:00:00Z' })]])
  const marks: MarkStore = {
    get: async (key) => kept.get(key),
    list: async () => kept,
    set: async (key, value) => void kept.set(key, value),
    compareAndSet: async (key, expected, value) => {
      if (kept.get(key) !== expected) return false
      kept.set(key, value)
      return true
    },
    remove: async (key) => void kept.delete(key),
  }
  const hello = (isStart: boolean) => (instance: string, stamp?: number) =>
    stampAgent(marks, 'web', { instance, isStart, stamp })
  return { kept, marks, start: hello(true), goOn: hello(false) }
}

test('an agent that shows its last stamp begins, goes on, and begins again', async () => {
  const { start, goOn, kept } = setUp()
  expect([await start('a'), await goOn('a', 1), await start('b', 2), await goOn('b', 3)]).toEqual([1, 2, 3, 4])
  expect(JSON.parse(kept.get(agentMark.enrolled('web')) ?? '')).toMatchObject({ digest: 'aa' })
})

test('an answer that got lost is given again, however often, and to the next process as well', async () => {
  const { start, goOn } = setUp()
  expect([await start('a'), await start('a'), await start('b')]).toEqual([1, 1, 1])
  expect([await goOn('b', 1), await goOn('b', 1), await start('c', 1), await start('d', 1)]).toEqual([2, 2, 2, 2])
  expect(await goOn('d', 2)).toBe(3)
})

test('a copy of a state directory that the agent has gone on from is refused, and takes nothing over', async () => {
  const { start, goOn, marks } = setUp()
  const copy = await start('a')
  const newest = await goOn('a', await goOn('a', copy))
  await expect(start('thief', copy)).rejects.toMatchObject(copied)
  await expect(start('thief')).rejects.toMatchObject(copied)
  await expect(goOn('thief', newest)).rejects.toMatchObject(copied)
  expect(await isNewestProcess(marks, 'web', 'a')).toBe(true)
  await goOn('a', newest)
})

test('of two processes with the same stamp the one that begins last goes on, and the other is refused', async () => {
  const { start, goOn, marks } = setUp()
  const same = await start('a')
  const newer = await start('b', same)
  expect([await isNewestProcess(marks, 'web', 'a'), await isNewestProcess(marks, 'web', 'b')]).toEqual([false, true])
  await expect(goOn('a', same)).rejects.toMatchObject(copied)
  await goOn('b', newer)
  await expect(start('a again', same)).rejects.toMatchObject(copied)
})

test('an old question of the process that is at work is no copy, and spoils nothing', async () => {
  const { start, goOn } = setUp()
  const old = await start('a')
  const newest = await goOn('a', await goOn('a', old))
  expect(await goOn('a', old)).toBe(newest)
  await start('b', newest)
})

test('an agent that a restored catalogue has forgotten goes on, and a copy of it is refused after that', async () => {
  const { start, goOn, kept } = setUp()
  await start('a')
  const backup = new Map(kept)
  const copy = await start('b', await goOn('a', 1))
  const newest = await goOn('b', await goOn('b', copy))
  for (const [key, value] of backup) kept.set(key, value)
  expect(await goOn('b', newest)).toBe(newest + 1)
  await expect(start('thief', copy)).rejects.toMatchObject(copied)
})

test('one that was removed has no process', async () => {
  const { kept, marks, start } = setUp()
  kept.clear()
  expect(await isNewestProcess(marks, 'web', 'a')).toBe(false)
  await expect(start('a')).rejects.toMatchObject({ code: 'CREDENTIAL_REFUSED' })
})
