import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { quietContext } from '@holdfast/core/context'
import type { Event } from '@holdfast/core/events/event'
import { beforeEach, describe, expect, test } from 'vitest'
import type { Backend } from '../backend.ts'
import { describeBackend, idOf, listAll, expectRejection, sampleBytes } from '../backend-conformance.ts'
import { createMemoryBackend } from '../memory/memory-backend.ts'
import { type BackendCall, type Fault, withFaultInjection } from './with-fault-injection.ts'
import { withRetry } from './with-retry.ts'

describeBackend('with retries', async () => withRetry(createMemoryBackend(), { sleep: async () => {} }))

const bytes = sampleBytes(100)
const file = idOf('data', bytes)

/** A clock that only moves when someone sleeps. */
let nowMs: number
let delays: number[]
let events: Event[]
let calls: BackendCall[]
const ctx = quietContext({ now: () => new Date(nowMs), emit: (event) => events.push(event) })

beforeEach(() => {
  nowMs = Date.UTC(2026, 0, 1)
  delays = []
  events = []
  calls = []
})

function retrying(store: Backend, decide: (call: BackendCall) => Fault | undefined): Backend {
  const faulty = withFaultInjection(store, (call) => {
    calls.push(call)
    return decide(call)
  })
  return withRetry(faulty, {
    giveUpFirstAfterMs: 15 * 60_000,
    random: () => 0.5,
    sleep: async (delayMs) => {
      delays.push(delayMs)
      nowMs += delayMs
    },
  })
}

async function stored(): Promise<Backend> {
  const store = createMemoryBackend()
  await store.write(file, bytes, { content: 'data' }, ctx)
  return store
}

describe('retries', () => {
  test('what failed is tried again after 1, 2 and 4 seconds, and each wait is reported', async () => {
    const backend = retrying(await stored(), ({ index }) => (index < 3 ? 'fail-before' : undefined))
    expect(await backend.read(file, undefined, ctx)).toHaveLength(100)
    expect(delays).toEqual([1000, 2000, 4000])
    expect(events).toMatchObject([
      { type: 'request.retried', action: 'read', attempt: 1, delayMs: 1000 },
      { type: 'request.retried', attempt: 2 },
      { type: 'request.retried', attempt: 3, file: `data/${file.name}` },
    ])
  })

  test('waits stay below a minute and end after 15 minutes in all', async () => {
    const backend = retrying(await stored(), () => 'fail-before')
    await expectRejection(backend.stat(file, ctx), 'STORAGE_UNREACHABLE')
    expect(Math.max(...delays)).toBe(60_000)
    const total = delays.reduce((sum, delay) => sum + delay, 0)
    expect(total).toBeLessThanOrEqual(15 * 60_000)
    expect(total).toBeGreaterThan(14 * 60_000 - 1)
  })

  test('a store that has never answered is given up after a minute, one that has after 15', async () => {
    const store = createMemoryBackend()
    let isDown = true
    const faulty = withFaultInjection(store, () => (isDown ? 'fail-before' : undefined))
    const patient = withRetry(faulty, {
      sleep: async (delayMs) => {
        nowMs += delayMs
      },
    })
    const giveUp = async (): Promise<number> => {
      const startMs = nowMs
      await expectRejection(patient.stat(file, ctx), 'STORAGE_UNREACHABLE')
      return (nowMs - startMs) / 60_000
    }
    expect(await giveUp()).toBeLessThanOrEqual(1)
    isDown = false
    await patient.write(file, bytes, { content: 'data' }, ctx)
    isDown = true
    expect(await giveUp()).toBeGreaterThan(10)
  })

  test('the jitter varies a wait by half', async () => {
    for (const [random, expected] of [
      [0, 500],
      [1, 1500],
    ] as const) {
      const waits: number[] = []
      let fail = true
      const faulty = withFaultInjection(await stored(), () => {
        const fault = fail ? 'fail-before' : undefined
        fail = false
        return fault
      })
      const backend = withRetry(faulty, { random: () => random, sleep: async (ms) => void waits.push(ms) })
      await backend.stat(file, ctx)
      expect(waits).toEqual([expected])
    }
  })

  test('refusals and missing files are not tried again', async () => {
    await expectRejection(retrying(await stored(), () => 'permanent').read(file, undefined, ctx), 'STORAGE_DENIED')
    const missing = idOf('data', sampleBytes(1))
    await expectRejection(
      retrying(await stored(), () => undefined).read(missing, undefined, ctx),
      'STORAGE_FILE_MISSING',
    )
    expect(calls).toHaveLength(2)
    expect(delays).toEqual([])
  })

  test('a file that is too short is read three times, not for a quarter of an hour', async () => {
    const backend = retrying(await stored(), () => undefined)
    await expectRejection(backend.read(file, { offset: 0, length: 101 }, ctx), 'STORAGE_DAMAGED')
    expect(calls).toHaveLength(3)
  })

  test('a write whose reply was lost succeeds, also when the store then says it has the file', async () => {
    const store = createMemoryBackend()
    const backend = retrying(store, ({ index }) => (index === 0 ? 'fail-after' : undefined))
    await backend.write(file, bytes, { content: 'data' }, ctx)
    expect(await listAll(store, 'data')).toEqual([{ ...file, sizeBytes: 100 }])
  })

  test('a spooled file that was moved by the attempt whose reply was lost counts as written; one that vanished does not', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'holdfast-retry-'))
    const path = join(folder, 'pack')
    const content = { path, sizeBytes: 100 }
    await writeFile(path, bytes)
    const moving: Backend = createMemoryBackend()
    const { write } = moving
    moving.write = async (...args) => {
      await write(...args)
      await rm(path)
    }
    const lostReply = retrying(moving, ({ method }) => (method === 'write' ? 'fail-after' : undefined))
    await lostReply.write(file, content, { content: 'data' }, ctx)
    expect(calls.map((call) => call.method)).toEqual(['write', 'stat'])
    const never = retrying(createMemoryBackend(), ({ method }) => (method === 'write' ? 'fail-before' : undefined))
    delays = []
    await expectRejection(never.write(file, content, { content: 'data' }, ctx), 'STORAGE_UNREACHABLE')
    expect(delays).toHaveLength(1)
    await rm(folder, { recursive: true })
  })

  test('a listing that breaks off is begun again and repeats nothing', async () => {
    const store = createMemoryBackend()
    for (let seed = 1; seed <= 6; seed++) {
      await store.write(idOf('lock', sampleBytes(9, seed)), sampleBytes(9, seed), { content: 'metadata' }, ctx)
    }
    const { list } = store
    let attempts = 0
    store.list = async function* (type, context) {
      const breakAfter = ++attempts * 2
      let given = 0
      for await (const info of list(type, context)) {
        // Borrow a retryable error from a backend that fails.
        if (given++ === breakAfter) await withFaultInjection(store, () => 'fail-before').stat(file, context)
        yield info
      }
    }
    const found: string[] = []
    for await (const info of retrying(store, () => undefined).list('lock', ctx)) found.push(info.name)
    expect(found).toHaveLength(6)
    expect(new Set(found).size).toBe(6)
    expect(attempts).toBe(3)
  })

  test('an interrupt ends the waiting', async () => {
    const stop = new AbortController()
    const backend = withRetry(withFaultInjection(await stored(), () => 'fail-before'))
    const reading = backend.read(file, undefined, quietContext({ signal: stop.signal, emit: () => stop.abort() }))
    await expectRejection(reading, 'INTERRUPTED')
  })

  test('a file that could not be read for 15 minutes is refused at once for an hour, unless it is written again', async () => {
    let broken = true
    const backend = retrying(await stored(), ({ method }) => (broken && method === 'read' ? 'fail-before' : undefined))
    await expectRejection(backend.read(file, undefined, ctx), 'STORAGE_UNREACHABLE')
    broken = false
    const before = calls.length
    nowMs += 59 * 60_000
    await expectRejection(backend.read(file, undefined, ctx), 'STORAGE_UNREACHABLE')
    expect(calls).toHaveLength(before)
    nowMs += 2 * 60_000
    expect(await backend.read(file, undefined, ctx)).toHaveLength(100)
  })
})
