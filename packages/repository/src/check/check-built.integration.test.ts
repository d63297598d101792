import { quietContext } from '@holdfast/core/context'
import type { Backend } from '@holdfast/storage/backend'
import { expect, test } from 'vitest'
import { encodeConfigFile } from '../format/config-file.ts'
import { readUnpacked, writeUnpacked } from '../open/unpacked-files.ts'
import type { Repository } from '../repository.ts'
import {
  buildRepository,
  dataDraft,
  directoryNode,
  fileNode,
  storeIndex,
  storePack,
  storeSnapshot,
  treeDraft,
} from '../tree/built-repository.ts'
import type { ReadData } from './check-options.ts'
import { check } from './check.ts'

const ctx = quietContext()
const data = dataDraft('some content')
const root = treeDraft([fileNode('file', [data.id])])

async function build(): Promise<Repository> {
  const repository = buildRepository()
  const config = encodeConfigFile(repository.key, repository.config)
  await repository.backend.write({ type: 'config', name: 'config' }, config, { content: 'metadata' }, ctx)
  return repository
}

async function kindsOf(repository: Repository, readData: ReadData): Promise<string[]> {
  return (await check(repository, { readData }, ctx)).findings.map(({ kind }) => kind)
}

test('a pack of trees and data is a hint', async () => {
  const repository = await build()
  await storeIndex(repository, [await storePack(repository, [data, root], ctx)], ctx)
  await storeSnapshot(repository, root.id, ctx)
  for (const readData of ['none', 'all'] as const) expect(await kindsOf(repository, readData)).toEqual(['pack-mixed'])
})

test('an index in the oldest layout is read, with a hint', async () => {
  const repository = await build()
  const packs = [await storePack(repository, [data], ctx), await storePack(repository, [root], ctx)]
  const name = await storeIndex(repository, packs, ctx)
  const json = (await readUnpacked(repository, { type: 'index', name }, ctx)).toString()
  await repository.backend.remove({ type: 'index', name }, ctx)
  await writeUnpacked(repository, 'index', Buffer.from(json.slice('{"packs":'.length, json.lastIndexOf('}'))), ctx)
  await storeSnapshot(repository, root.id, ctx)
  expect(await kindsOf(repository, 'all')).toEqual(['index-legacy'])
})

test('a directory that no snapshot needs may lack what it refers to', async () => {
  const repository = await build()
  const forgotten = treeDraft([directoryNode('gone', '1'.repeat(64)), fileNode('lost', ['2'.repeat(64)])])
  const packs = [await storePack(repository, [data], ctx), await storePack(repository, [root, forgotten], ctx)]
  await storeIndex(repository, packs, ctx)
  await storeSnapshot(repository, root.id, ctx)
  for (const readData of ['none', 'all'] as const) expect(await kindsOf(repository, readData)).toEqual([])
  await storeSnapshot(repository, forgotten.id, ctx)
  for (const readData of ['none', 'all'] as const) {
    expect((await kindsOf(repository, readData)).toSorted()).toEqual(['blob-missing', 'tree-missing'])
  }
})

test('a snapshot whose root is not there is found, also when all data is read', async () => {
  const repository = await build()
  await storeSnapshot(repository, '3'.repeat(64), ctx)
  for (const readData of ['none', 'all'] as const) expect(await kindsOf(repository, readData)).toEqual(['tree-missing'])
})

test('a pack that is only once read wrong is a hint, not an error', async () => {
  const repository = await build()
  await storeIndex(repository, [await storePack(repository, [data, dataDraft('more')], ctx)], ctx)
  let altered = 0
  const backend: Backend = {
    ...repository.backend,
    async read(file, range, context) {
      const bytes = await repository.backend.read(file, range, context)
      if (file.type === 'data' && altered++ === 0) bytes[30] = (bytes[30] ?? 0) ^ 1
      return bytes
    },
  }
  expect(await kindsOf({ ...repository, backend }, 'all')).toEqual(['pack-read-unstable'])
})

test('a blob whose content is not what its id says is found, though all is sealed and named rightly', async () => {
  const repository = await build()
  await storeIndex(repository, [await storePack(repository, [{ ...data, content: Buffer.from('other') }], ctx)], ctx)
  expect(await kindsOf(repository, 'none')).toEqual([])
  expect(await kindsOf(repository, 'all')).toEqual(['blob-damaged'])
})

test('an empty repository is sound', async () => {
  expect(await check(await build(), { readData: 'all' }, ctx)).toMatchObject({ errors: 0, hints: 0, packs: 0 })
})

test('the work stops when it is interrupted', async () => {
  const repository = await build()
  await storeIndex(repository, [await storePack(repository, [data, root], ctx)], ctx)
  const controller = new AbortController()
  const stopping = quietContext({
    signal: controller.signal,
    emit: (event) => {
      if (event.type === 'check.progressed' && event.stage === 'packs') controller.abort()
    },
  })
  await expect(check(repository, { readData: 'all' }, stopping)).rejects.toMatchObject({ code: 'INTERRUPTED' })
})
