import { mkdtemp, readdir, readFile, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { quietContext } from '@holdfast/core/context'
import type { Event } from '@holdfast/core/events/event'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Backend } from '../backend.ts'
import { describeBackend, idOf, listAll, expectRejection, sampleBytes } from '../backend-conformance.ts'
import { createMemoryBackend } from '../memory/memory-backend.ts'
import { withCache, type TreePackId } from './with-cache.ts'
import { withFaultInjection } from './with-fault-injection.ts'

const ctx = quietContext()
const repositoryId = 'ab'.repeat(32)
const bytes = sampleBytes(1000)
let cacheDirectory: string
let store: Backend
let reads: number

beforeEach(async () => {
  cacheDirectory = await mkdtemp(join(tmpdir(), 'holdfast-cache-'))
  store = createMemoryBackend()
  reads = 0
})
afterEach(async () => {
  await rm(cacheDirectory, { recursive: true, force: true })
})

/** The cache as a new process would open it, over the same store. */
function open(maxSizeBytes?: number): Backend {
  const counted = withFaultInjection(store, ({ method }) => {
    if (method === 'read') reads++
    return undefined
  })
  return withCache(counted, { cacheDirectory, repositoryId, ...(maxSizeBytes === undefined ? {} : { maxSizeBytes }) })
}

const cachedPath = (type: string, name: string) => join(cacheDirectory, repositoryId, type, name.slice(0, 2), name)
const exists = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  )

describeBackend('with a cache', async () => open())

describe('the cache', () => {
  test('indexes and snapshots are read from the store once, by any process', async () => {
    for (const type of ['index', 'snapshot'] as const) {
      await store.write(idOf(type, bytes), bytes, { content: 'metadata' }, ctx)
      for (let i = 0; i < 3; i++) {
        expect(Buffer.from(await open().read(idOf(type, bytes), undefined, ctx)).equals(bytes)).toBe(true)
      }
    }
    expect(reads).toBe(2)
    expect(await readFile(join(cacheDirectory, 'CACHEDIR.TAG'), 'utf8')).toMatch(
      /^Signature: 8a477f597d28d172789f06886806bc55\n/,
    )
  })

  test('packs of trees are kept whole when written or read as such; packs of data, keys and locks never', async () => {
    const tree: TreePackId = { type: 'data', name: idOf('data', bytes).name, holds: 'tree' }
    await open().write(tree, bytes, { content: 'tree' }, ctx)
    expect(Buffer.from(await open().read(tree, { offset: 10, length: 20 }, ctx)).equals(bytes.subarray(10, 30))).toBe(
      true,
    )
    expect(reads).toBe(0)
    const other = sampleBytes(2000)
    const otherTree: TreePackId = { type: 'data', name: idOf('data', other).name, holds: 'tree' }
    await store.write(otherTree, other, { content: 'tree' }, ctx)
    const backend = open()
    const parts = await Promise.all([0, 100, 200].map((offset) => backend.read(otherTree, { offset, length: 9 }, ctx)))
    parts.forEach((part, i) => expect(Buffer.from(part).equals(other.subarray(i * 100, i * 100 + 9))).toBe(true))
    expect(reads).toBe(1)
    for (const type of ['data', 'key', 'lock'] as const) {
      const content = sampleBytes(50)
      await backend.write(idOf(type, content), content, { content: 'data' }, ctx)
      await backend.read(idOf(type, content), undefined, ctx)
      expect(await exists(cachedPath(type, idOf(type, content).name))).toBe(false)
    }
    expect(reads).toBe(4)
  })

  test('a spooled pack is kept although the store moves it away', async () => {
    const path = join(cacheDirectory, 'spooled')
    await writeFile(path, bytes)
    const { write } = store
    store.write = async (...args) => {
      await write(...args)
      await rm(path)
    }
    const id = idOf('data', bytes)
    await open().write(id, { path, sizeBytes: 1000 }, { content: 'tree' }, ctx)
    expect(Buffer.compare(await readFile(cachedPath('data', id.name)), bytes)).toBe(0)
  })

  test('a damaged copy is never used: it is fetched again', async () => {
    const id = idOf('index', bytes)
    await open().write(id, bytes, { content: 'metadata' }, ctx)
    for (const damage of [
      () => writeFile(cachedPath('index', id.name), sampleBytes(1000, 2)),
      () => truncate(cachedPath('index', id.name), 10),
    ]) {
      await damage()
      expect(Buffer.from(await open().read(id, undefined, ctx)).equals(bytes)).toBe(true)
      expect(Buffer.compare(await readFile(cachedPath('index', id.name)), bytes)).toBe(0)
    }
    expect(reads).toBe(2)
  })

  test('what is damaged in the store is handed out but not kept', async () => {
    const id = idOf('index', sampleBytes(5))
    await store.write(id, bytes, { content: 'metadata' }, ctx)
    await open().read(id, undefined, ctx)
    await open().read(id, undefined, ctx)
    expect(reads).toBe(2)
  })

  test('a file the store refused, removed or no longer lists is not kept', async () => {
    const contents = [1, 2, 3].map((seed) => sampleBytes(100, seed))
    const ids = contents.map((content) => idOf('snapshot', content))
    const failing = withCache(
      withFaultInjection(store, () => 'permanent'),
      { cacheDirectory, repositoryId },
    )
    await expectRejection(failing.write(idOf('snapshot', bytes), bytes, { content: 'metadata' }, ctx), 'STORAGE_DENIED')
    expect(
      await readdir(join(cacheDirectory, repositoryId, 'snapshot', idOf('snapshot', bytes).name.slice(0, 2))),
    ).toEqual([])
    const backend = open()
    for (const [i, id] of ids.entries()) await backend.write(id, contents[i] ?? bytes, { content: 'metadata' }, ctx)
    const [first, second, third] = ids
    if (first === undefined || second === undefined || third === undefined) throw new Error('three files are needed')
    await backend.remove(first, ctx)
    await store.remove(second, ctx)
    await listAll(backend, 'snapshot')
    const left = await Promise.all([first, second, third].map((id) => exists(cachedPath('snapshot', id.name))))
    expect(left).toEqual([false, false, true])
  })

  test('the files not used for longest go first when it grows too large', async () => {
    const backend = open(3500)
    const contents = [1, 2, 3, 4].map((seed) => sampleBytes(1000, seed))
    for (const [i, content] of contents.entries()) {
      const id = idOf('index', content)
      await backend.write(id, content, { content: 'metadata' }, ctx)
      if (i < 3) await utimes(cachedPath('index', id.name), 1000 + i, 1000 + i)
      if (i === 2) await backend.read(idOf('index', contents[0] ?? content), undefined, ctx)
    }
    const left = await Promise.all(contents.map((content) => exists(cachedPath('index', idOf('index', content).name))))
    expect(left).toEqual([true, false, true, true])
  })

  test('a cache that cannot be written costs one warning and nothing else', async () => {
    await rm(cacheDirectory, { recursive: true })
    await writeFile(cacheDirectory, 'a file where the folder should be')
    const events: Event[] = []
    const noting = quietContext({ emit: (event) => events.push(event) })
    const backend = open()
    const id = idOf('index', bytes)
    await backend.write(id, bytes, { content: 'metadata' }, noting)
    expect(await backend.read(id, undefined, noting)).toHaveLength(1000)
    await backend.remove(id, noting)
    expect(await listAll(backend, 'index', noting)).toEqual([])
    expect(events).toHaveLength(1)
    expect(events[0]).toMatchObject({ type: 'message.noted', level: 'warning' })
  })
})
