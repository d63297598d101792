import { type Context, quietContext } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import type { Event } from '@holdfast/core/events/event'
import type { Backend } from '@holdfast/storage/backend'
import { createMemoryBackend } from '@holdfast/storage/memory/memory-backend'
import { describe, expect, test } from 'vitest'
import { encodeLockFile, type LockFile } from '../format/lock-file.ts'
import { writeUnpacked } from '../open/unpacked-files.ts'
import type { Repository } from '../repository.ts'
import { exampleRepository } from '../snapshot/snapshot-fixture.ts'
import { acquireLock } from './acquire-lock.ts'
import { FakeClock } from './fake-clock.ts'
import type { RepositoryLock } from './held-lock.ts'
import type { LockIdentity } from './lock-identity.ts'

const minuteMs = 60_000
const me: LockIdentity = { hostname: 'web1', username: 'root', pid: 4711 }
const other: LockIdentity = { hostname: 'db1', username: 'backup', pid: 815 }

class World {
  readonly clock = new FakeClock()
  readonly events: Event[] = []
  readonly repository: Repository
  readonly interrupt = new AbortController()
  readonly ctx: Context

  constructor(backend: Backend = createMemoryBackend()) {
    this.repository = exampleRepository(backend)
    this.ctx = quietContext({
      now: this.clock.now,
      emit: (event) => this.events.push(event),
      signal: this.interrupt.signal,
    })
  }

  /** Starts to acquire a lock; time must be advanced for it to come about. */
  request(exclusive: boolean, identity = me, more: { retryForMs?: number } = {}): Promise<RepositoryLock> {
    const isProcessAlive = (pid: number) => pid !== 815
    const lock = acquireLock(
      this.repository,
      { exclusive, identity, isProcessAlive, timers: this.clock, ...more },
      this.ctx,
    )
    // a refusal may come before the test looks at it
    lock.catch(() => {})
    return lock
  }

  async acquire(exclusive: boolean, identity = me): Promise<RepositoryLock> {
    const lock = this.request(exclusive, identity)
    await this.clock.advance(200)
    return lock
  }

  async lockIds(): Promise<string[]> {
    return (await Array.fromAsync(this.repository.backend.list('lock', quietContext()))).map(({ name }) => name)
  }

  async plant(fields: Partial<LockFile>, ageMinutes: number): Promise<string> {
    const time = new Date(this.clock.now().getTime() - ageMinutes * minuteMs).toISOString()
    const lock: LockFile = { exclusive: true, uid: 0, gid: 0, ...other, time, ...fields }
    return writeUnpacked(this.repository, 'lock', encodeLockFile(lock), quietContext())
  }
}

describe('two who share a repository', () => {
  test('hold shared locks at the same time', async () => {
    const world = new World()
    await using first = await world.acquire(false)
    await using second = await world.acquire(false, other)
    expect([first.signal.aborted, second.signal.aborted]).toEqual([false, false])
    expect(await world.lockIds()).toHaveLength(2)
  })

  test.each([
    [true, false],
    [false, true],
    [true, true],
  ])('are kept apart when the first asks for exclusive=%s and the second for exclusive=%s', async (first, second) => {
    const world = new World()
    await using _held = await world.acquire(first)
    await expect(world.acquire(second, other)).rejects.toMatchObject({
      code: 'REPOSITORY_LOCKED',
      exitCode: 11,
      details: { hostname: 'web1', username: 'root', pid: 4711 },
    })
    expect(await world.lockIds()).toHaveLength(1)
  })

  test('never both get an exclusive lock when they come at the same moment, and leave nothing behind', async () => {
    const world = new World()
    const requests = [world.request(true), world.request(true, other)]
    await world.clock.advance(200)
    const outcomes = await Promise.allSettled(requests)
    const granted = outcomes.filter(({ status }) => status === 'fulfilled')
    expect(granted.length).toBeLessThanOrEqual(1)
    expect(await world.lockIds()).toHaveLength(granted.length)
  })

  test('take turns when the second is willing to wait', async () => {
    const world = new World()
    const first = await world.acquire(true)
    const request = world.request(true, other, { retryForMs: 10 * minuteMs })
    await world.clock.advance(3 * minuteMs)
    await first[Symbol.asyncDispose]()
    await world.clock.advance(minuteMs + 200)
    await using second = await request
    expect(second.exclusive).toBe(true)
  })

  test('are told so when waiting did not help', async () => {
    const world = new World()
    await using _held = await world.acquire(true)
    const request = world.request(true, other, { retryForMs: 2 * minuteMs })
    await world.clock.advance(2 * minuteMs - 1)
    expect(await Promise.race([request.then(String, String), Promise.resolve('waiting')])).toBe('waiting')
    await world.clock.advance(1)
    await expect(request).rejects.toMatchObject({ code: 'REPOSITORY_LOCKED' })
  })
})

test('a released lock leaves no file, also after an interruption', async () => {
  const world = new World()
  const lock = await world.acquire(true)
  world.interrupt.abort()
  await lock[Symbol.asyncDispose]()
  expect(await world.lockIds()).toEqual([])
})

test('an interruption between writing the lock and the second look leaves no file', async () => {
  const world = new World()
  const request = world.request(true)
  await world.clock.advance(100)
  expect(await world.lockIds()).toHaveLength(1)
  world.interrupt.abort(new Error('stopped'))
  await expect(request).rejects.toThrow('stopped')
  expect(await world.lockIds()).toEqual([])
})

describe('a lock that was left behind', () => {
  test('by a dead process of this host and user is removed and reported', async () => {
    const world = new World()
    const id = await world.plant({ ...me, pid: 815 }, 1)
    await using _lock = await world.acquire(true)
    expect(world.events).toEqual([{ type: 'lock.removed', lock: id, reason: 'its process 815 is gone' }])
    expect(await world.lockIds()).toHaveLength(1)
  })

  test('more than half an hour ago is removed whoever made it', async () => {
    const world = new World()
    await world.plant({}, 31)
    await using _lock = await world.acquire(true)
    expect(world.events).toMatchObject([{ type: 'lock.removed', reason: expect.stringContaining('not renewed since') }])
  })

  test('by another host lately still holds', async () => {
    const world = new World()
    await world.plant({}, 29)
    await expect(world.acquire(true)).rejects.toMatchObject({ code: 'REPOSITORY_LOCKED' })
  })

  test('holds nobody back when it is stale but the store forbids to delete it', async () => {
    const plain = createMemoryBackend()
    const world = new World(plain)
    await world.plant({}, 31)
    const { repository } = new World({ ...plain, remove: () => Promise.reject(denied()) })
    const locked = { ...repository, key: world.repository.key }
    const options = { exclusive: true, identity: me, timers: world.clock }
    const request = acquireLock(locked, options, world.ctx)
    await world.clock.advance(200)
    const lock = await request
    await lock[Symbol.asyncDispose]()
    expect(world.events).toContainEqual(expect.objectContaining({ type: 'message.noted', level: 'warning' }))
  })

  test('as an empty file by a full disk is ignored', async () => {
    const world = new World()
    await world.repository.backend.write(
      { type: 'lock', name: 'e'.repeat(64) },
      new Uint8Array(),
      { content: 'metadata' },
      world.ctx,
    )
    await using lock = await world.acquire(true)
    expect(lock.exclusive).toBe(true)
  })
})

test('a lock that cannot be read is tried again, and blocks if it stays so', async () => {
  const world = new World()
  const file = { type: 'lock', name: 'a'.repeat(64) } as const
  await world.repository.backend.write(file, Buffer.alloc(200, 7), { content: 'metadata' }, world.ctx)
  const refused = world.request(false)
  await world.clock.advance(75_000)
  await expect(refused).rejects.toMatchObject({ code: 'REPOSITORY_LOCKED' })

  const request = world.request(false)
  await world.clock.advance(5_000)
  await world.repository.backend.remove(file, world.ctx)
  await world.clock.advance(10_200)
  await using lock = await request
  expect(lock.signal.aborted).toBe(false)
})

function denied(): Error {
  return new AppError('STORAGE_DENIED', { location: 'test', action: 'remove', file: 'lock', reason: 'object lock' })
}
