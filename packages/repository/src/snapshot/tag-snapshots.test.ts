import { quietContext } from '@holdfast/core/context'
import { createMemoryBackend } from '@holdfast/storage/memory/memory-backend'
import { expect, test } from 'vitest'
import { listSnapshots } from './list-snapshots.ts'
import { exampleRepository, storeSnapshot } from './snapshot-fixture.ts'
import { changeTags, tagSnapshots } from './tag-snapshots.ts'

const ctx = quietContext()

test('a tagged snapshot replaces the old one and remembers the first version for good', async () => {
  const repository = exampleRepository()
  const first = await storeSnapshot(repository, { tags: ['a'] }, ctx)
  const [change] = await tagSnapshots(repository, [first], { add: ['b'], remove: [] }, ctx)
  const second = await listSnapshots(repository, {}, ctx)
  expect(second).toHaveLength(1)
  expect(second[0]).toMatchObject({ id: change?.newId, snapshot: { tags: ['a', 'b'], original: first.id } })
  await tagSnapshots(repository, second, { set: [] }, ctx)
  expect(await listSnapshots(repository, {}, ctx)).toMatchObject([{ snapshot: { tags: [], original: first.id } }])
})

test('a snapshot that has the wanted tags already is not rewritten', async () => {
  const repository = exampleRepository()
  const listed = await storeSnapshot(repository, { tags: ['a'] }, ctx)
  expect(await tagSnapshots(repository, [listed], { set: ['a'] }, ctx)).toEqual([])
  expect(await listSnapshots(repository, {}, ctx)).toMatchObject([{ id: listed.id }])
})

test('the old snapshot is removed only after the new one is stored', async () => {
  const plain = createMemoryBackend()
  const steps: string[] = []
  const repository = exampleRepository({
    ...plain,
    write: (...args) => plain.write(...args).then(() => void steps.push('write')),
    flush: (...args) => plain.flush(...args).then(() => void steps.push('flush')),
    remove: (...args) => plain.remove(...args).then(() => void steps.push('remove')),
  })
  const listed = await storeSnapshot(repository, {}, ctx)
  steps.length = 0
  await tagSnapshots(repository, [listed], { set: ['a'] }, ctx)
  expect(steps).toEqual(['write', 'flush', 'remove'])
})

test('repeating a change that was cut off before the removal makes no second copy', async () => {
  const plain = createMemoryBackend()
  const repository = exampleRepository(plain)
  const listed = await storeSnapshot(repository, {}, ctx)
  const stuck = { ...repository, backend: { ...plain, remove: () => Promise.reject(new Error('cut off')) } }
  await expect(tagSnapshots(stuck, [listed], { set: ['a'] }, ctx)).rejects.toThrow('cut off')
  await tagSnapshots(repository, await listSnapshots(repository, {}, ctx), { set: ['a'] }, ctx)
  expect(await listSnapshots(repository, {}, ctx)).toMatchObject([{ snapshot: { tags: ['a'], original: listed.id } }])
})

test('tags are added once, in order, and removed after adding', () => {
  expect(changeTags(['a', 'b'], { add: ['c', 'a', ''], remove: ['b'] })).toEqual(['a', 'c'])
  expect(changeTags(['a'], { add: ['b'], remove: ['b'] })).toEqual(['a'])
  expect(changeTags(['a'], { set: ['x', 'x', ''] })).toEqual(['x'])
})

test('a tag with a comma is refused before anything is written', async () => {
  const repository = exampleRepository()
  const listed = await storeSnapshot(repository, {}, ctx)
  await expect(tagSnapshots(repository, [listed], { set: ['a,b'] }, ctx)).rejects.toMatchObject({
    code: 'ARGUMENT_INVALID',
  })
  expect(await listSnapshots(repository, {}, ctx)).toMatchObject([{ id: listed.id }])
})
