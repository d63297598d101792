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
  const hello = (isStart: boolean) => (instance: string, stamp?: string) =>
    stampAgent(marks, 'web', { instance, isStart, stamp })
  return { kept, marks, start: hello(true), goOn: hello(false) }
}

test('an agent that shows its last stamp begins, goes on, and begins again, whichever answers got lost', async () => {
  const { start, goOn, kept } = setUp()
  await start('a')
  const first = await start('a')
  await goOn('a', first)
  const second = await goOn('a', first)
  const third = await start('b', second)
  await goOn('b', third)
  expect(await start('c', third)).toMatch(/^[\w-]{16}$/)
  expect(JSON.parse(kept.get(agentMark.enrolled('web')) ?? '')).toMatchObject({ digest: 'aa' })
})

test('a copy of a state directory that the agent has gone on from is refused, and takes nothing over', async () => {
  const { start, goOn, marks } = setUp()
  const copy = await start('a')
  const kept = await goOn('a', await goOn('a', copy))
  await expect(start('thief', copy)).rejects.toMatchObject(copied)
  await expect(start('thief')).rejects.toMatchObject(copied)
  await expect(goOn('thief', kept)).rejects.toMatchObject(copied)
  expect(await isNewestProcess(marks, 'web', 'a')).toBe(true)
  await goOn('a', kept)
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

test('an answer that got lost is given again, so that an overtaken question leaves no process behind', async () => {
  const { start, goOn } = setUp()
  const first = await start('a')
  const [one, other] = await Promise.all([goOn('a', first), goOn('a', first)])
  expect(one).toBe(other)
  expect(await start('b', first)).toBe(one)
  await start('c', one)
})

test('one that was removed has no process', async () => {
  const { kept, marks, start } = setUp()
  kept.clear()
  expect(await isNewestProcess(marks, 'web', 'a')).toBe(false)
  await expect(start('a')).rejects.toMatchObject({ code: 'CREDENTIAL_REFUSED' })
})
