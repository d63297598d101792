import { quietContext } from '@holdfast/core/context'
import { expect, test } from 'vitest'
import { encodeLockFile } from '../format/lock-file.ts'
import { writeUnpacked } from '../open/unpacked-files.ts'
import type { Repository } from '../repository.ts'
import { exampleRepository } from '../snapshot/snapshot-fixture.ts'
import { unlock } from './unlock.ts'

const ctx = quietContext({ now: () => new Date('2026-11-21T12:00:00Z') })
const identity = { hostname: 'web1', username: 'root', pid: 4711 }
const options = { identity, isProcessAlive: () => true }

async function lockedRepository(): Promise<{ repository: Repository; stale: string; fresh: string; empty: string }> {
  const repository = exampleRepository()
  const write = (time: string) =>
    writeUnpacked(repository, 'lock', encodeLockFile({ ...identity, time, exclusive: false, uid: 0, gid: 0 }), ctx)
  const empty = 'e'.repeat(64)
  await repository.backend.write({ type: 'lock', name: empty }, new Uint8Array(), { content: 'metadata' }, ctx)
  return { repository, stale: await write('2026-11-21T10:00:00Z'), fresh: await write('2026-11-21T11:59:00Z'), empty }
}

async function lockIds(repository: Repository): Promise<string[]> {
  return (await Array.fromAsync(repository.backend.list('lock', ctx))).map(({ name }) => name).toSorted()
}

test('only stale locks are removed, and reported', async () => {
  const { repository, stale, fresh, empty } = await lockedRepository()
  const removed: string[] = []
  const reporting = { ...ctx, emit: (event: { type: string; lock?: string }) => removed.push(event.lock ?? '') }
  expect(await unlock(repository, { ...options, removeAll: false }, reporting)).toEqual([stale])
  expect(removed).toEqual([stale])
  expect(await lockIds(repository)).toEqual([fresh, empty].toSorted())
})

test('all locks are removed when that is asked for, empty files too', async () => {
  const { repository } = await lockedRepository()
  expect(await unlock(repository, { ...options, removeAll: true }, ctx)).toHaveLength(3)
  expect(await lockIds(repository)).toEqual([])
})
