import { type Context, quietContext } from '@holdfast/core/context'
import { AppError } from '@holdfast/core/errors/app-error'
import type { Backend } from '@holdfast/storage/backend'
import { createMemoryBackend } from '@holdfast/storage/memory/memory-backend'
import { expect, test } from 'vitest'
import { listSnapshots } from './list-snapshots.ts'
import { exampleRepository, storeSnapshot } from './snapshot-fixture.ts'

const ctx = quietContext()

test('snapshots are listed oldest first, only those of the filter', async () => {
  const repository = exampleRepository()
  const newer = await storeSnapshot(repository, { time: '2026-01-02T00:00:00Z' }, ctx)
  const older = await storeSnapshot(repository, { time: '2026-01-01T00:00:00Z' }, ctx)
  await storeSnapshot(repository, { hostname: 'other' }, ctx)
  const listed = await listSnapshots(repository, { hosts: ['web1'] }, ctx)
  expect(listed.map(({ id }) => id)).toEqual([older.id, newer.id])
})

test('a damaged snapshot file fails the listing by name, or is reported while the others are listed', async () => {
  const repository = exampleRepository()
  const good = await storeSnapshot(repository, {}, ctx)
  const name = 'ab'.repeat(32)
  await repository.backend.write({ type: 'snapshot', name }, Buffer.alloc(100, 1), { content: 'metadata' }, ctx)
  await expect(listSnapshots(repository, {}, ctx)).rejects.toMatchObject({
    code: 'REPOSITORY_DAMAGED',
    details: { object: 'snapshot abababab' },
  })
  const unreadable: string[] = []
  const listed = await listSnapshots(repository, { onUnreadable: (id) => unreadable.push(id) }, ctx)
  expect(listed.map(({ id }) => id)).toEqual([good.id])
  expect(unreadable).toEqual([name])
})

test('a snapshot that is removed while the list is read is left out', async () => {
  const plain = createMemoryBackend()
  const repository = exampleRepository({ ...plain, read: removeThenRead(plain) })
  await storeSnapshot(repository, {}, ctx)
  expect(await listSnapshots(repository, {}, ctx)).toEqual([])
})

test('a snapshot that stays listed but cannot be found is an error', async () => {
  const plain = createMemoryBackend()
  const missing: Backend['read'] = (file) =>
    Promise.reject(new AppError('STORAGE_FILE_MISSING', { file: file.name, location: 'test' }))
  const repository = exampleRepository({ ...plain, read: missing })
  await storeSnapshot(repository, {}, ctx)
  await expect(listSnapshots(repository, {}, ctx)).rejects.toMatchObject({ code: 'STORAGE_FILE_MISSING' })
})

function removeThenRead(backend: Backend): Backend['read'] {
  return async (file, range, readCtx: Context) => {
    await backend.remove(file, readCtx)
    return backend.read(file, range, readCtx)
  }
}
