import { quietContext } from '@holdfast/core/context'
import type { Backend } from '@holdfast/storage/backend'
import { describe, expect, test } from 'vitest'
import { loadIndex } from '../engine/load-index.ts'
import type { IndexPack } from '../format/index-file.ts'
import type { Repository } from '../repository.ts'
import {
  buildRepository,
  dataDraft,
  directoryNode,
  fileNode,
  storeIndex,
  storePack,
  treeDraft,
} from './built-repository.ts'
import { collectUsedBlobs } from './collect-used-blobs.ts'
import { readBlob } from './read-blob.ts'
import { resolvePath } from './resolve-path.ts'
import { createTreeSource } from './tree-source.ts'
import { findTypedEntry } from './typed-entry.ts'
import { type WalkOptions, walkTree } from './walk-tree.ts'

const ctx = quietContext()

const [a, b] = [dataDraft('content a'), dataDraft('content b')]
const deep = treeDraft([fileNode('z', [a.id])])
const inner = treeDraft([directoryNode('deep', deep.id), fileNode('f', [a.id, b.id])])
const root = treeDraft(
  [fileNode('a.b', []), directoryNode('a', inner.id), directoryNode('ü', deep.id)].toSorted((x, y) =>
    Buffer.compare(x.name, y.name),
  ),
)

async function sample(): Promise<{ repository: Repository; packs: IndexPack[] }> {
  const repository = buildRepository()
  const packs = [await storePack(repository, [a, b], ctx), await storePack(repository, [deep, inner, root], ctx)]
  await storeIndex(repository, packs, ctx)
  return { repository, packs }
}

/** A backend whose packs are altered while they are read. */
function altering(backend: Backend, alter: (bytes: Uint8Array, packId: string) => void): Backend {
  return {
    ...backend,
    async read(file, range, context) {
      const bytes = await backend.read(file, range, context)
      if (file.type === 'data') alter(bytes, file.name)
      return bytes
    },
  }
}

describe('reading a blob', () => {
  test('gives its content, compressed or not', async () => {
    const { repository } = await sample()
    const index = await loadIndex(repository, ctx)
    for (const { id, content } of [a, root]) expect(await readBlob(repository, index, id, ctx)).toEqual(content)
  })

  test('takes another copy when one is damaged for good', async () => {
    const { repository, packs } = await sample()
    await storeIndex(repository, [await storePack(repository, [a], ctx)], ctx)
    const bad = packs[0]?.id
    const backend = altering(repository.backend, (bytes, packId) => {
      if (packId === bad) bytes[20] = (bytes[20] ?? 0) ^ 1
    })
    const index = await loadIndex(repository, ctx)
    expect(index.locateAll(a.id)).toHaveLength(2)
    expect(await readBlob({ ...repository, backend }, index, a.id, ctx)).toEqual(a.content)
    await expect(readBlob({ ...repository, backend }, index, b.id, ctx)).rejects.toMatchObject({
      code: 'REPOSITORY_DAMAGED',
    })
  })

  test('reads once more when bytes were altered on the way', async () => {
    const { repository } = await sample()
    let reads = 0
    const backend = altering(repository.backend, (bytes) => {
      if (reads++ === 0) bytes[20] = (bytes[20] ?? 0) ^ 1
    })
    expect(await readBlob({ ...repository, backend }, await loadIndex(repository, ctx), b.id, ctx)).toEqual(b.content)
    expect(reads).toBe(2)
  })

  test('refuses to expand a blob beyond the length the index names', async () => {
    const { repository, packs } = await sample()
    const lying = packs.map((pack) => ({
      ...pack,
      blobs: pack.blobs.map((blob) => (blob.rawLength === 0 ? blob : { ...blob, rawLength: blob.rawLength - 1 })),
    }))
    const other = buildRepository()
    const copy = { ...other, key: repository.key, backend: { ...repository.backend, list: other.backend.list } }
    await storeIndex({ ...copy, backend: other.backend }, lying, ctx)
    const index = await loadIndex({ ...repository, backend: other.backend }, ctx)
    await expect(readBlob(copy, index, root.id, ctx)).rejects.toThrow(/does not decompress/)
  })

  test('says that a blob is not in the index', async () => {
    const { repository } = await sample()
    const missing = readBlob(repository, await loadIndex(repository, ctx), '0'.repeat(64), ctx)
    await expect(missing).rejects.toMatchObject({ code: 'REPOSITORY_DAMAGED' })
  })
})

describe('walking a tree', () => {
  async function walk(options: WalkOptions, repository?: Repository): Promise<string[]> {
    const used = repository ?? (await sample()).repository
    const trees = createTreeSource(used, await loadIndex(used, ctx))
    const paths: string[] = []
    for await (const { path } of walkTree(trees, root.id, options, ctx)) paths.push(path.toString())
    return paths
  }

  test('gives parents before children and siblings in byte order', async () => {
    expect(await walk({})).toEqual(['/a', '/a/deep', '/a/deep/z', '/a/f', '/a.b', '/ü', '/ü/z'])
  })

  test('leaves out what is below a directory that is not entered, and starts where it is told', async () => {
    const enter = ({ path }: { path: Buffer }): boolean => !path.toString().endsWith('deep')
    expect(await walk({ enter, path: Buffer.from('/top') })).toEqual([
      '/top/a',
      '/top/a/deep',
      '/top/a/f',
      '/top/a.b',
      '/top/ü',
      '/top/ü/z',
    ])
  })

  test('goes on after a directory that cannot be read only if someone wants to be told', async () => {
    const repository = buildRepository()
    await storeIndex(repository, [await storePack(repository, [a, b, root, inner], ctx)], ctx)
    await expect(walk({}, repository)).rejects.toMatchObject({ code: 'REPOSITORY_DAMAGED' })
    const unreadable: string[] = []
    const paths = await walk({ onUnreadable: ({ path }) => void unreadable.push(path.toString()) }, repository)
    expect(paths).toEqual(['/a', '/a/deep', '/a/f', '/a.b', '/ü'])
    expect(unreadable).toEqual(['/a/deep', '/ü'])
  })

  test('reads trees that lie side by side in one request', async () => {
    const { repository } = await sample()
    let reads = 0
    const backend = altering(repository.backend, () => void reads++)
    expect(await walk({}, { ...repository, backend })).toHaveLength(7)
    expect(reads).toBe(1)
  })
})

test('a path inside a snapshot is resolved byte by byte, with its separators tidied', async () => {
  const { repository } = await sample()
  const trees = createTreeSource(repository, await loadIndex(repository, ctx))
  const find = (path: string): ReturnType<typeof resolvePath> => resolvePath(trees, root.id, path, 'latest', ctx)
  expect(await find('/')).toEqual({ path: Buffer.from('/'), treeId: root.id })
  expect(await find('//ü/./')).toMatchObject({ path: Buffer.from('/ü'), treeId: deep.id, node: { type: 'dir' } })
  expect(await find('a/f')).toMatchObject({ path: Buffer.from('/a/f'), node: { content: [a.id, b.id] } })
  expect((await find('a/f')).treeId).toBeUndefined()
  for (const path of ['/a/g', '/a/f/x', '/A', '/a/../a', 'a.b/']) {
    if (path === 'a.b/') expect((await find(path)).node?.type).toBe('file')
    else await expect(find(path)).rejects.toMatchObject({ code: 'PATH_UNKNOWN' })
  }
})

describe('collecting the blobs that are used', () => {
  test('marks each blob that is reached once, and no copy', async () => {
    const { repository } = await sample()
    await storeIndex(repository, [await storePack(repository, [a, dataDraft('unused'), deep], ctx)], ctx)
    const index = await loadIndex(repository, ctx)
    const { used, trees, problems } = await collectUsedBlobs(repository, index, [root.id, inner.id], {}, ctx)
    expect(problems).toEqual([])
    expect(trees).toBe(3)
    expect(used.count()).toBe(5)
    for (const id of [a.id, b.id]) expect(used.has(index.find(id))).toBe(true)
  })

  test('tells a tree from a file with the same content', async () => {
    const twin = { type: 'data', content: deep.content } as const
    const repository = buildRepository()
    const holder = treeDraft([directoryNode('d', deep.id), fileNode('f', [deep.id])])
    await storeIndex(repository, [await storePack(repository, [twin, a], ctx)], ctx)
    await storeIndex(repository, [await storePack(repository, [deep, holder], ctx)], ctx)
    const index = await loadIndex(repository, ctx)
    const both = await collectUsedBlobs(repository, index, [holder.id], {}, ctx)
    expect(both.problems).toEqual([])
    expect(both.used.count()).toBe(4)
    const [tree, data] = [findTypedEntry(index, deep.id, true), findTypedEntry(index, deep.id, false)]
    expect(index.isTree(tree)).toBe(true)
    expect(index.isTree(data)).toBe(false)
    const one = await collectUsedBlobs(repository, index, [deep.id], {}, ctx)
    expect([one.used.has(tree), one.used.has(data)]).toEqual([true, false])
  })

  test('reports what is missing or damaged instead of failing', async () => {
    const repository = buildRepository()
    const broken = { type: 'tree', content: Buffer.from('{"nodes":[{"name":"x"') } as const
    const pack = await storePack(repository, [a, inner, root, broken], ctx)
    await storeIndex(repository, [pack], ctx)
    const brokenId = pack.blobs.at(-1)?.id ?? ''
    const index = await loadIndex(repository, ctx)
    const { problems } = await collectUsedBlobs(repository, index, [root.id, brokenId, '1'.repeat(64)], {}, ctx)
    expect(problems.map(({ kind }) => kind).toSorted()).toEqual(
      ['blob-missing', 'tree-damaged', 'tree-missing', 'tree-missing', 'tree-missing'].toSorted(),
    )
    expect(problems).toContainEqual({ kind: 'blob-missing', id: b.id, treeId: inner.id, name: 'f' })
    expect(problems).toContainEqual({ kind: 'tree-missing', id: '1'.repeat(64) })
  })
})
