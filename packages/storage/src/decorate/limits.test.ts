import { quietContext } from '@holdfast/core/context'
import { describe, expect, test } from 'vitest'
import type { Backend } from '../backend.ts'
import { describeBackend, idOf, listAll, expectRejection, sampleBytes } from '../backend-conformance.ts'
import { createMemoryBackend } from '../memory/memory-backend.ts'
import { withConnectionLimit } from './with-connection-limit.ts'
import { withFaultInjection } from './with-fault-injection.ts'
import { withRateLimit } from './with-rate-limit.ts'
import { withReadOnly } from './with-read-only.ts'

describeBackend('with a connection limit of one', async () => withConnectionLimit(createMemoryBackend(), 1))
describeBackend('with generous rate limits', async () =>
  withRateLimit(createMemoryBackend(), { uploadBytesPerSecond: 1e12, downloadBytesPerSecond: 1e12 }),
)
describeBackend('with no faults injected', async () => withFaultInjection(createMemoryBackend(), () => undefined))

const ctx = quietContext()
const bytes = sampleBytes(1000)
const file = idOf('data', bytes)

/** A store that notes how many requests run at once, and as if its files lay on a disk. */
function busyStore(): { store: Backend; most(): number } {
  const memory = createMemoryBackend()
  let running = 0
  let most = 0
  const store: Backend = {
    ...memory,
    traits: { connections: 4, readableRoot: '/somewhere', spoolDirectory: '/somewhere/tmp' },
    async write(...args) {
      most = Math.max(most, ++running)
      await new Promise((done) => setTimeout(done, 1))
      await memory.write(...args)
      running--
    },
  }
  return { store, most: () => most }
}

describe('a connection limit', () => {
  test('lets that many requests run at once, and all of them in the end', async () => {
    const { store, most } = busyStore()
    const backend = withConnectionLimit(store, 3)
    expect(backend.traits.connections).toBe(3)
    const contents = Array.from({ length: 20 }, (_, i) => sampleBytes(10, i + 1))
    await Promise.all(contents.map((each) => backend.write(idOf('data', each), each, { content: 'data' }, ctx)))
    expect(most()).toBe(3)
    expect(await listAll(backend, 'data')).toHaveLength(20)
  })

  test('a request that waits for its turn can be interrupted, and one that fails gives its turn back', async () => {
    const { store } = busyStore()
    const backend = withConnectionLimit(store, 1)
    const stop = new AbortController()
    const first = backend.write(file, bytes, { content: 'data' }, ctx)
    const second = backend.read(file, undefined, quietContext({ signal: stop.signal }))
    stop.abort()
    await expectRejection(second, 'INTERRUPTED')
    await first
    await expectRejection(backend.read(idOf('data', sampleBytes(3)), undefined, ctx), 'STORAGE_FILE_MISSING')
    expect(await backend.read(file, undefined, ctx)).toHaveLength(1000)
  })

  test('none at all is refused', () => {
    expect(() => withConnectionLimit(createMemoryBackend(), 0)).toThrow('at least one')
  })
})

describe('a rate limit', () => {
  test('makes uploads and downloads take as long as their bytes do at that rate', async () => {
    let nowMs = 0
    const clock = quietContext({ now: () => new Date(nowMs) })
    const sleep = async (delayMs: number) => void (nowMs += delayMs)
    const limits = { uploadBytesPerSecond: 100, downloadBytesPerSecond: 1000, sleep }
    const backend = withRateLimit(createMemoryBackend(), limits)
    await backend.write(file, bytes, { content: 'data' }, clock)
    expect(nowMs).toBe(10_000)
    await backend.read(file, { offset: 0, length: 500 }, clock)
    expect(nowMs).toBe(10_500)
    await Promise.all([1, 2, 3].map(() => backend.read(file, undefined, clock)))
    expect(nowMs).toBe(13_500)
  })

  test('time that passed unused is not saved up', async () => {
    let nowMs = 0
    const clock = quietContext({ now: () => new Date(nowMs) })
    const sleep = async (delayMs: number) => void (nowMs += delayMs)
    const backend = withRateLimit(createMemoryBackend(), { uploadBytesPerSecond: 100, sleep })
    nowMs = 3600_000
    await backend.write(file, bytes, { content: 'data' }, clock)
    expect(nowMs).toBe(3610_000)
  })

  test('hides the disk from workers that would read past it, and refuses a rate of nothing', () => {
    const { traits } = withRateLimit(busyStore().store, { uploadBytesPerSecond: 1 })
    expect(traits).toEqual({ connections: 4, spoolDirectory: '/somewhere/tmp' })
    expect(() => withRateLimit(createMemoryBackend(), { uploadBytesPerSecond: 0 })).toThrow('above zero')
  })
})

describe('read-only', () => {
  test('everything that would change the store is refused, and reading works', async () => {
    const store = createMemoryBackend()
    await store.write(file, bytes, { content: 'data' }, ctx)
    const backend = withReadOnly(store)
    await expectRejection(backend.create(ctx), 'STORAGE_DENIED')
    await expectRejection(backend.write(idOf('lock', bytes), bytes, { content: 'metadata' }, ctx), 'STORAGE_DENIED')
    const error = await expectRejection(backend.remove(file, ctx), 'STORAGE_DENIED')
    expect(error.message).toContain('reading only')
    expect(await backend.read(file, undefined, ctx)).toHaveLength(1000)
    expect(await listAll(backend, 'data')).toHaveLength(1)
    expect(withReadOnly(busyStore().store).traits.spoolDirectory).toBeUndefined()
  })
})

describe('fault injection', () => {
  test('fails before or after the call, or for good, as decided, and counts every call', async () => {
    const store = createMemoryBackend()
    const seen: string[] = []
    const faults = ['fail-before', 'fail-after', 'permanent', undefined] as const
    const backend = withFaultInjection(store, ({ index, method, file: target, type }) => {
      seen.push(`${index} ${method} ${target?.type ?? type ?? ''}`)
      return faults[index]
    })
    const write = () => backend.write(file, bytes, { content: 'data' }, ctx)
    await expectRejection(write(), 'STORAGE_UNREACHABLE')
    expect(await listAll(store, 'data')).toEqual([])
    await expectRejection(write(), 'STORAGE_UNREACHABLE')
    expect(await listAll(store, 'data')).toHaveLength(1)
    await expectRejection(backend.remove(file, ctx), 'STORAGE_DENIED')
    expect(await listAll(backend, 'data')).toHaveLength(1)
    expect(seen).toEqual(['0 write data', '1 write data', '2 remove data', '3 list data'])
  })

  test('a function runs before the call', async () => {
    const store = createMemoryBackend()
    let found = -1
    const look = () => {
      void listAll(store, 'data').then((files) => (found = files.length))
    }
    await withFaultInjection(store, () => look).write(file, bytes, { content: 'data' }, ctx)
    await new Promise((done) => setTimeout(done, 5))
    expect(found).toBe(0)
  })
})
