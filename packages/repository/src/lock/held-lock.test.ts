import { type Context, quietContext } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import type { Backend } from '@holdfast/storage/backend'
import { createMemoryBackend } from '@holdfast/storage/memory/memory-backend'
import { describe, expect, test } from 'vitest'
import { exampleRepository } from '../snapshot/snapshot-fixture.ts'
import { FakeClock } from './fake-clock.ts'
import { HeldLock, writeLock } from './held-lock.ts'
import { listLocks } from './list-locks.ts'

const minuteMs = 60_000
const identity = { hostname: 'web1', username: 'root', pid: 4711 }
const snapshot = { type: 'snapshot', name: '5'.repeat(64) } as const

/** A store of which the connection can be cut. */
class World {
  readonly clock = new FakeClock()
  readonly ctx: Context = quietContext({ now: this.clock.now })
  readonly plain = createMemoryBackend()
  isCut = false
  readonly repository = exampleRepository(this.#cuttable())

  async hold(): Promise<HeldLock> {
    const id = await writeLock(this.repository, { exclusive: true, identity }, this.ctx)
    const written = { id, atMs: this.clock.now().getTime() }
    return new HeldLock(this.repository, written, { exclusive: true, identity, timers: this.clock }, this.ctx)
  }

  async lockTimes(): Promise<(string | undefined)[]> {
    const locks = await listLocks({ ...this.repository, backend: this.plain }, quietContext(), { timers: this.clock })
    return locks.map(({ lock }) => lock?.time)
  }

  async removeLocks(): Promise<void> {
    for await (const file of this.plain.list('lock', this.ctx)) await this.plain.remove(file, this.ctx)
  }

  change(lock: HeldLock): Promise<void> {
    return lock.repository.backend.write(snapshot, Buffer.from('x'), { content: 'metadata' }, this.ctx)
  }

  #cuttable(): Backend {
    const check = () => {
      if (!this.isCut) return
      throw new AppError('STORAGE_UNREACHABLE', { action: 'reach', file: 'x', location: 'test', reason: 'cut' })
    }
    return {
      ...this.plain,
      stat: async (...args) => (check(), this.plain.stat(...args)),
      write: async (...args) => (check(), this.plain.write(...args)),
    }
  }
}

describe('a lock that is held', () => {
  test('is renewed every five minutes by a new file that replaces the old one', async () => {
    const world = new World()
    await using lock = await world.hold()
    await world.clock.advance(4 * minuteMs)
    const [before] = await world.lockTimes()
    await world.clock.advance(minuteMs + 1_000)
    const after = await world.lockTimes()
    expect(after).toHaveLength(1)
    expect(Date.parse(after[0] ?? '') - Date.parse(before ?? '')).toBe(5 * minuteMs)
    expect(lock.signal.aborted).toBe(false)
  })

  test('is renewed at once when the clock is set back, for its time lies in the future now', async () => {
    const world = new World()
    await using lock = await world.hold()
    world.clock.suspend(-60 * minuteMs)
    await world.clock.advance(1_000)
    expect(Date.parse((await world.lockTimes())[0] ?? '')).toBe(world.clock.now().getTime())
    expect(lock.signal.aborted).toBe(false)
  })

  test('survives a connection that is cut for a quarter of an hour', async () => {
    const world = new World()
    await using lock = await world.hold()
    world.isCut = true
    await world.clock.advance(20 * minuteMs)
    world.isCut = false
    await world.clock.advance(2 * minuteMs)
    expect(lock.signal.aborted).toBe(false)
    expect(await world.lockTimes()).toHaveLength(1)
  })

  test('is lost when it could not be renewed for 22½ minutes', async () => {
    const world = new World()
    await using lock = await world.hold()
    world.isCut = true
    await world.clock.advance(22.4 * minuteMs)
    expect(lock.signal.aborted).toBe(false)
    await world.clock.advance(0.2 * minuteMs)
    expect(lock.signal.reason).toMatchObject({ code: 'REPOSITORY_LOCK_LOST', exitCode: 11 })
  })

  test('is lost when its file is gone at the next renewal', async () => {
    const world = new World()
    await using lock = await world.hold()
    await world.removeLocks()
    await world.clock.advance(6 * minuteMs)
    expect(lock.signal.reason).toMatchObject({ code: 'REPOSITORY_LOCK_LOST' })
    expect(await world.lockTimes()).toEqual([])
  })
})

describe('after the machine was suspended for an hour', () => {
  test('nothing is written under a lock that others removed, even before any timer fires', async () => {
    const world = new World()
    await using lock = await world.hold()
    world.clock.suspend(60 * minuteMs)
    await world.removeLocks()
    await expect(world.change(lock)).rejects.toMatchObject({ code: 'REPOSITORY_LOCK_LOST' })
    await expect(lock.repository.backend.remove(snapshot, world.ctx)).rejects.toMatchObject({
      code: 'REPOSITORY_LOCK_LOST',
    })
    await expect(world.plain.stat(snapshot, world.ctx)).rejects.toMatchObject({ code: 'STORAGE_FILE_MISSING' })
    expect(lock.signal.aborted).toBe(true)
  })

  test('a lock that is still there is renewed before the first write, and the work goes on', async () => {
    const world = new World()
    await using lock = await world.hold()
    world.clock.suspend(60 * minuteMs)
    await world.change(lock)
    expect(await world.lockTimes()).toHaveLength(1)
    expect(Date.parse((await world.lockTimes())[0] ?? '')).toBe(world.clock.now().getTime())
    expect(lock.signal.aborted).toBe(false)
  })

  test('the next tick notices by the wall clock', async () => {
    const world = new World()
    await using lock = await world.hold()
    await world.removeLocks()
    world.clock.suspend(60 * minuteMs)
    await world.clock.advance(1_000)
    expect(lock.signal.reason).toMatchObject({ code: 'REPOSITORY_LOCK_LOST' })
  })
})
