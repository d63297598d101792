import { createHash } from 'node:crypto'
import { quietContext } from '@holdfast/core/context'
import type { MarkStore } from '@holdfast/orchestrator/catalogue/catalogue'
import { createMemoryBackend } from '@holdfast/storage/memory/memory-backend'
import { expect, test } from 'vitest'
import { ownFilesOf } from './own-files.ts'

const ctx = quietContext()

function memoryMarks(): MarkStore {
  const marks = new Map<string, string>()
  return {
    get: async (key) => marks.get(key),
    list: async (prefix) => new Map([...marks].filter(([key]) => key.startsWith(prefix))),
    set: async (key, value) => void marks.set(key, value),
    compareAndSet: async (key, expected, value) => {
      if (marks.get(key) !== expected) return false
      marks.set(key, value)
      return true
    },
    remove: async (key) => void marks.delete(key),
  }
}

const hourMs = 3_600_000
const now = Date.parse('2026-11-21T12:00:00Z')

/** An attempt that began so many hours ago; what began before two days ago is refused elsewhere. */
function by(attempt: string, hoursAgo = 0) {
  const startedAt = new Date(now - hoursAgo * hourMs)
  return { attempt, startedAt, refusedBefore: new Date(now - 48 * hourMs) }
}

function setUp(agent = 'web', marks = memoryMarks(), backend = createMemoryBackend()) {
  const own = ownFilesOf(marks, { agent, repository: 'near', backend, sources: 2 })
  const store = async (type: 'lock' | 'snapshot', text: string): Promise<string> => {
    const bytes = Buffer.from(text)
    const name = createHash('sha256').update(bytes).digest('hex')
    await backend.write({ type, name }, bytes, { content: 'metadata' }, ctx)
    return name
  }
  return { own, store, marks, backend }
}

test('what one agent has written is not another’s', async () => {
  const { own, marks, backend } = setUp()
  const other = setUp('vault', marks, backend).own
  await own.addLock('a', ctx)
  await own.addSnapshot('b', undefined, ctx)
  expect([await own.isOwn('lock', 'a'), await other.isOwn('lock', 'a')]).toEqual([true, false])
  expect([await own.isOwn('snapshot', 'b'), await other.isOwn('snapshot', 'b')]).toEqual([true, false])
  expect(await own.isOwn('snapshot', 'a'), 'a lock is no snapshot').toBe(false)
})

test('more than 32 locks at a time are too many, and those that others have removed do not count', async () => {
  const { own, store, backend } = setUp()
  const names = await Promise.all(Array.from({ length: 32 }, (_, i) => store('lock', `lock ${i}`)))
  for (const name of names) expect(await own.addLock(name, ctx)).toBe(true)
  expect(await own.addLock('one more', ctx)).toBe(false)
  await backend.remove({ type: 'lock', name: names[0] ?? '' }, ctx)
  expect(await own.addLock('one more', ctx)).toBe(true)
  await own.lockRemoved('one more')
  expect(await own.isOwn('lock', 'one more')).toBe(false)
})

test('an attempt of a run has one snapshot, which may be sent again, and another when the first was never stored', async () => {
  const { own, store } = setUp()
  expect(await own.addSnapshot('0'.repeat(64), by('run/1'), ctx)).toBe(true)
  const stored = await store('snapshot', 'first')
  expect(await own.addSnapshot(stored, by('run/1'), ctx)).toBe(true)
  expect(await own.addSnapshot(stored, by('run/1'), ctx), 'the same again').toBe(true)
  expect(await own.addSnapshot('second', by('run/1'), ctx)).toBe(false)
  expect(await own.addSnapshot('second', by('run/2'), ctx), 'a further attempt').toBe(true)
  expect([...(await own.snapshotNames())]).toEqual([stored, 'second'])
})

test('of two snapshots that claim a run at the same time one is taken', async () => {
  const { own } = setUp()
  const taken = await Promise.all([own.addSnapshot('a', by('run/1'), ctx), own.addSnapshot('b', by('run/1'), ctx)])
  expect(taken.filter((each) => each)).toHaveLength(1)
})

test('an attempt that could still make a second snapshot is never forgotten, however many others there are', async () => {
  const { own, store } = setUp()
  for (let i = 0; i < 40; i++)
    expect(await own.addSnapshot(await store('snapshot', `${i}`), by(`run-${i}/1`, 47), ctx)).toBe(true)
  expect(await own.addSnapshot('second', by('run-0/1', 47), ctx)).toBe(false)
  await own.addSnapshot('later', { ...by('later/1'), refusedBefore: new Date(now) }, ctx)
  expect(await own.isTaken('second')).toBe(false)
  expect(await own.addSnapshot('second', by('run-0/1', 47), ctx), 'forgotten: its run began too long ago').toBe(true)
})

test('of two that claim an attempt while neither is stored one stays taken', async () => {
  const { own } = setUp()
  const [a, b] = ['a'.repeat(64), 'b'.repeat(64)]
  expect(await own.addSnapshot(a, by('run/1'), ctx)).toBe(true)
  expect(await own.addSnapshot(b, by('run/1'), ctx), 'the first may have been cut off').toBe(true)
  expect([await own.isTaken(a), await own.isTaken(b)]).toEqual([false, true])
})

test('only the newest are shown, and those by hand push out none of a run', async () => {
  const { own } = setUp()
  for (let i = 0; i < 20; i++) await own.addSnapshot(`backup ${i}`, by(`run-${i}/1`), ctx)
  for (let i = 0; i < 100; i++) await own.addSnapshot(`free ${i}`, undefined, ctx)
  const isOwn = async (name: string): Promise<boolean> => await own.isOwn('snapshot', name)
  expect([await isOwn('backup 11'), await isOwn('backup 12'), await isOwn('backup 19')]).toEqual([false, true, true])
  expect([await isOwn('free 91'), await isOwn('free 92')]).toEqual([false, true])
  expect([...(await own.snapshotNames())], 'those by hand are listed to nobody').toEqual(
    Array.from({ length: 8 }, (_, i) => `backup ${12 + i}`),
  )
})
